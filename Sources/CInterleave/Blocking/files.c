// Waiting inside the step until a file is ready.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Containment/containment.h"
#include "files.h"

#if defined(__linux__) && defined(IL_HAS_CARRIERS)
#include <errno.h>
#include <sys/stat.h>

IL_UNINSTRUMENTED_BEGIN

typedef int (*poll_function)(struct pollfd *, nfds_t, int);

static poll_function real_poll(void) {
  IL_FIND(original, "poll", poll_function);
  return original;
}

// MARK: - Pipes and pairs of sockets

static bool identify(int file, uint64_t *device, uint64_t *inode) {
  struct stat status;
  int before = errno;
  bool is_known = !fstat(file, &status);
  errno = before;
  *device = status.st_dev;
  *inode = status.st_ino;
  return is_known;
}

// The ends that runs of any thread have made lately, for threads that run no step, and whether these
// have done something by them.
enum { KNOWN = 512 };
typedef struct {
  _Atomic(uint64_t) inode;
  atomic_bool is_shared;
} known_end;
static known_end known[KNOWN];
static atomic_uint known_count;

static unsigned note_known(uint64_t inode) {
  unsigned place = atomic_fetch_add(&known_count, 1) % KNOWN;
  atomic_store(&known[place].is_shared, false);
  atomic_store(&known[place].inode, inode);
  return place;
}

void il_note_channel(int first, int second) {
  il_session *s = il_inside();
  il_channel made = {0};
  uint64_t device;
  if (!s || s->channel_count == IL_CHANNELS || !identify(first, &made.device, &made.inodes[0]) ||
      !identify(second, &device, &made.inodes[1]) || device != made.device) return;
  for (int n = 0; n < 2; n++) made.places[n] = note_known(made.inodes[n]);
  s->channels[s->channel_count++] = made;
}

il_channel *il_channel_of(int file) {
  il_session *s = il_inside();
  uint64_t device, inode;
  if (LIKELY(!s) || !s->channel_count || !identify(file, &device, &inode)) return NULL;
  for (size_t n = 0; n < s->channel_count; n++) {
    il_channel *channel = &s->channels[n];
    if (channel->device == device && (channel->inodes[0] == inode || channel->inodes[1] == inode))
      return channel;
  }
  return NULL;
}

void il_note_transfer_by_other(int file) {
  uint64_t device, inode;
  unsigned count = atomic_load_explicit(&known_count, memory_order_relaxed);
  if (LIKELY(!count) || !identify(file, &device, &inode)) return;
  for (unsigned n = 0; n < (count < KNOWN ? count : KNOWN); n++)
    if (atomic_load(&known[n].inode) == inode) atomic_store(&known[n].is_shared, true);
}

bool il_has_channels_alone(const il_session *s) {
  for (size_t n = 0; n < s->channel_count; n++)
    for (int end = 0; end < 2; end++)
      if (atomic_load(&known[s->channels[n].places[end]].is_shared)) return false;
  return !s->has_escaped;
}

void il_reach_transfer(il_session *s, il_channel *channel, void *caller, void **frame) {
  const void *site = il_call_of_program(s, caller, frame);
  il_reach(s, IL_POINT_TRANSFER, channel, site, IL_WANTS_NOTHING);
  il_note_touch(IL_TOUCH_CHANNEL, channel);
}

// MARK: - Waiting

static bool is_one_ready(const il_readiness *readiness) {
  const il_file_wait *wait = (const il_file_wait *)readiness;
  int before = errno;
  int count = real_poll()(wait->files, wait->count, 0);
  errno = before;
  // What cannot be looked at is told by the call itself.
  return count != 0;
}

il_file_wait il_wait_for_files(const char *call, struct pollfd *files, nfds_t count, bool is_own,
                               void *caller, void **frame) {
  return (il_file_wait){
      .readiness = {.is_ready = is_one_ready, .object = files, .call = call, .is_own = is_own},
      .files = files, .count = count, .caller = caller, .frame = frame};
}

static bool is_ready(const il_file_wait *wait) {
  return wait->readiness.is_ready(&wait->readiness);
}

// Waits as a thread would, for so long at most. False: it is not ready, or somebody has let a task go
// on meanwhile.
static bool wait_outside(il_session *s, il_file_wait *wait, int64_t time) {
  int64_t began = il_real_clock(CLOCK_MONOTONIC);
  while (il_real_clock(CLOCK_MONOTONIC) - began < time) {
    real_poll()(wait->files, wait->count, 1);
    if (is_ready(wait)) return true;
    if (atomic_load(&s->foreign_count) || s->has_crash_elsewhere) return false;
  }
  return false;
}

// How fast others are must not decide what comes next: a step waits for them as a thread would,
// before others go on, but not where it was in vain.
static bool is_made_ready_by_others(il_session *s, il_file_wait *wait, int64_t limit) {
  const int64_t patience = 100000000;
  if (s->waits_for_files_in_vain) return false;
  if (wait_outside(s, wait, limit - s->now < patience ? limit - s->now : patience)) return true;
  s->waits_for_files_in_vain = !atomic_load(&s->foreign_count);
  return false;
}

// Nobody else can go on. False: nobody will ever make it ready.
static bool wait_alone(il_session *s, il_file_wait *wait, int64_t limit) {
  bool is_own = wait->readiness.is_own && il_has_channels_alone(s);
  if (is_own && (limit != IL_NEVER || !il_is_contained())) return true;
  // A thread that was there before the run may have been handed an end; a forked process has none.
  if (is_own && (il_is_forked || !il_foreign_threads())) return false;
  if (wait_outside(s, wait, limit == IL_NEVER ? INT64_MAX : limit - s->now) && is_own)
    il_note_talk(wait->caller);
  return true;
}

bool il_wait_until_ready(il_session *s, il_file_wait *wait, int64_t limit) {
  if (is_ready(wait)) return true;
  // A thread that waits for others is one of the system's.
  if (!wait->readiness.is_own && il_before_outside) il_before_outside();
  if (!wait->readiness.is_own && is_made_ready_by_others(s, wait, limit)) return true;
  const void *site = il_call_of_program(s, wait->caller, wait->frame);
  while (!il_await_ready(s, &wait->readiness, site, limit)) {
    bool is_over = s->now >= limit;
    if (!is_over && !wait_alone(s, wait, limit))
      il_stop_step(IL_STOP_BLOCKED, IL_BLOCKED_FILE, wait->caller);
    if (is_ready(wait)) return true;
    if (atomic_load(&s->foreign_count) && !is_over) continue;
    if (limit == IL_NEVER) return true;
    il_pass(s, limit - s->now);
    return false;
  }
  return true;
}

IL_UNINSTRUMENTED_END
#endif
