// Waiting for a thread that is watched, and what is done for one that was stopped.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

IL_UNINSTRUMENTED_BEGIN

// MARK: - Waiting for the thread

static int64_t nanoseconds(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t)) return 0;
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

// The thread sleeps, and nobody has woken it yet.
static bool is_blocked(const il_guard *g) {
#if defined(__linux__)
  char path[64], text[512];
  char digits[12];
  int n = 0, id = g->thread_id;
  do digits[n++] = (char)('0' + id % 10); while ((id /= 10));
  char *end = stpcpy(path, "/proc/self/task/");
  while (n) *end++ = digits[--n];
  strcpy(end, "/stat");
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  if (count <= 0) return false;
  text[count] = 0;
  // The name, in brackets, may contain anything.
  const char *state = strrchr(text, ')');
  return state && state[1] && (state[2] == 'S' || state[2] == 'D');
#else
  (void)g;
  return true;
#endif
}

// How long the thread has been at one step: time in which it computed, or slept. Time
// in which it waited for a processor does not count; between steps, nor does that in
// which it computed.
static int64_t measure(il_guard *g, il_sample *last, int64_t tick) {
  unsigned serial = atomic_load(&g->serial);
  int64_t wall = nanoseconds(CLOCK_MONOTONIC), cpu = last->cpu;
#if defined(__linux__)
  cpu = nanoseconds(g->clock);
#endif
  if (serial != last->serial || !last->wall) {
    *last = (il_sample){.serial = serial, .cpu = cpu, .wall = wall};
    return 0;
  }
  int64_t spent = serial & 1 ? cpu - last->cpu : 0;
  if (cpu - last->cpu < tick / 8 && is_blocked(g)) {
    spent = wall - last->wall;
    if (spent > 2 * tick) spent = 2 * tick;
    last->asleep += spent;
  }
  last->stuck += spent;
  last->cpu = cpu;
  last->wall = wall;
  return last->stuck;
}

// How long a child's thread may sleep between steps. It waits there for threads that a
// child does not have; longer, if a lock was taken when the child was forked.
static const int64_t longest_sleep = 8000000000;

// Somebody writes to the parent.
static atomic_flag is_sending = ATOMIC_FLAG_INIT;

// From when on a step is told of that may never return: who waits for it may not wait for
// the limit.
static int64_t slow_after(const il_guard *g) {
  int64_t second = 1000000000;
  return g->limit / 4 < second ? g->limit / 4 : second;
}

static const int64_t for_a_dead_thread = 200000000;
// Who sleeps may wait for a thread that works for the run, and that a busy machine lets wait.
static const int64_t least_for_others = 5000000000;
// What that thread did last may be to wake it, and then it waits for a processor itself.
static const int64_t least_to_wake = 1000000000;

il_end il_guard_wait(il_guard *g, int heartbeat) {
  il_sample last = g->last;
  bool is_dead = false;
  // In which step, and when in it, somebody was last known to work for its run.
  uint64_t served = 0;
  int64_t served_at = 0;
  for (;;) {
    int64_t tick = g->limit > 0 ? g->limit / 8 : 500000000;
    if (tick > 500000000) tick = 500000000;
    if (tick < 2000000) tick = 2000000;
    struct pollfd wait = {.fd = g->bell[0], .events = POLLIN};
    // Who is suspected is looked at often, until enough was seen.
    bool looks = atomic_load(&g->is_suspect) && atomic_load(&g->serial) == g->suspect;
    int ready = poll(&wait, 1, looks ? 1 : (int)(tick / 1000000));
    uint64_t rings;
    if (ready > 0 && read(g->bell[0], &rings, sizeof rings) == sizeof rings) {
      unsigned told = atomic_exchange(&g->told, 0);
      if (told & IL_TOLD_CRASH_ELSEWHERE) {
        il_post_crash(g->session);
        is_dead = true;
        // A step that waits for the thread that crashed need not be waited for.
        if (g->limit > for_a_dead_thread) g->limit = for_a_dead_thread;
      }
      if (told & (IL_TOLD_STOPPED | IL_TOLD_FINISHED)) {
        il_acquired(g);
        return told & IL_TOLD_STOPPED ? IL_END_STOPPED : IL_END_FINISHED;
      }
      continue;
    }
    if (ready) continue;
    // A message that is being sent tells as much.
    if (heartbeat >= 0 && !atomic_flag_test_and_set(&is_sending)) {
      il_write_all(heartbeat, "h", 1);
      atomic_flag_clear(&is_sending);
    }
    if (g->limit <= 0 || !atomic_load(&g->is_attached)) continue;
    int64_t stuck = measure(g, &last, tick);
    if (g->slow && last.serial != g->slow) {
      g->slow = 0;
      g->last = last;
      return IL_END_GOES_ON;
    }
    if (last.serial & 1) {
      if (stuck < g->limit) {
        if (g->slow || stuck < slow_after(g)) continue;
        g->slow = last.serial;
        g->last = last;
        return IL_END_SLOW;
      }
      if (stuck < least_for_others && last.asleep > stuck / 2 && !is_dead && !il_is_forked) {
        if (il_is_served(g->session)) {
          served = last.serial;
          served_at = stuck;
        }
        if (served == last.serial && stuck < served_at + least_to_wake) continue;
      }
      // Before it is suspected, its thread looks at nothing of this.
      if (!looks) {
        atomic_store(&g->is_suspect, false);
        g->samples = g->broken_samples = 0;
        g->suspect = last.serial;
      }
      // What it is doing at this moment may be to handle the last signal.
      g->is_asleep = last.asleep > stuck / 2;
      atomic_store(&g->is_suspect, true);
#if defined(__linux__)
      // By its number: the thread itself may have ended just now.
      syscall(SYS_tgkill, getpid(), g->thread_id, IL_HANG_SIGNAL);
#else
      pthread_kill(g->thread, IL_HANG_SIGNAL);
#endif
    } else if (il_is_forked && stuck > longest_sleep) {
      return IL_END_LOST;
    }
  }
}

void il_guard_note_progress(void) {
  if (il_this_guard) atomic_fetch_add(&il_this_guard->serial, 2);
}

bool il_send_message(int file, const void *bytes, size_t count) {
  // So much can be written at once where anything can.
  enum { PIECE = 4096 };
  while (atomic_flag_test_and_set(&is_sending)) sched_yield();
  const char *next = bytes;
  bool is_heard = true;
  while (count && is_heard) {
    struct pollfd wait = {.fd = file, .events = POLLOUT};
    int ready = poll(&wait, 1, 1000);
    // A parent that takes its time is no reason to take this thread for lost.
    il_guard_note_progress();
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    ssize_t sent = write(file, next, count < PIECE ? count : PIECE);
    is_heard = sent > 0 || errno == EINTR;
    if (sent <= 0) continue;
    next += sent;
    count -= (size_t)sent;
  }
  atomic_flag_clear(&is_sending);
  return is_heard;
}

il_session *il_guard_end(il_guard *g) {
  il_guard_end_run(g);
  il_give_back_locks(g);
  if (g->has_turn) il_turn_give();
  return g->session;
}

void il_guard_end_run(il_guard *g) {
  il_guard *active = g;
  atomic_compare_exchange_strong(&il_active_guard, &active, NULL);
}

void il_guard_begin_run(il_session *s) {
  il_guard *g = il_this_guard;
  s->serial = g ? &g->serial : &s->own_serial;
  if (!g) return;
  g->session = s;
  g->lock_count = 0;
  g->said_count = 0;
  atomic_store(&il_active_guard, g);
}

IL_UNINSTRUMENTED_END
