// Calls that wait until one of several files is ready, or until a process has ended.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "files.h"

#if defined(__linux__)
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/wait.h>

IL_UNINSTRUMENTED_BEGIN

#define FRAME() (void **)__builtin_frame_address(0)
// Who waits for more than so many files does so as a thread.
enum { MOST_FILES = 64 };
// A time that is over at once, and one that never is.
enum : int64_t { AT_ONCE = 0, FOREVER = -1 };

// How a call of the running step is to be made, so that it waits for no others.
typedef enum { AS_BY_A_THREAD, WITHOUT_WAITING } how;

static void note_waiting(const struct pollfd *files, nfds_t count, void *caller) {
  for (nfds_t n = 0; n < count; n++) {
    if (files[n].fd < 0 || !il_is_connection(files[n].fd)) continue;
    il_note_talk(caller);
    return;
  }
}

#if defined(IL_HAS_CARRIERS)
static int64_t limit_of(const il_session *s, int64_t time) {
  int64_t limit;
  return time < 0 || __builtin_add_overflow(s->now, time, &limit) ? IL_NEVER : limit;
}
#endif

// The running step waits for one of some files, for so many nanoseconds at most.
static how wait_for_one(const char *call, const struct pollfd *asked, nfds_t count, int64_t time,
                        void *caller, void **frame) {
#if defined(IL_HAS_CARRIERS)
  il_session *s = il_inside();
  if (s && !il_is_code_of_ours(caller) && count && count <= MOST_FILES) {
    struct pollfd files[MOST_FILES];
    bool is_own = il_has_channels_alone(s), talks = false;
    for (nfds_t n = 0; n < count; n++) {
      files[n] = asked[n];
      if (asked[n].fd < 0) continue;
      il_channel *channel = il_channel_of(asked[n].fd);
      if (channel) il_reach_transfer(s, channel, caller, frame);
      talks |= !(channel && is_own) && il_is_connection(asked[n].fd);
      is_own &= channel != NULL;
    }
    if (talks) il_note_talk(caller);
    if (time == AT_ONCE) return WITHOUT_WAITING;
    il_file_wait wait = il_wait_for_files(call, files, count, is_own, caller, frame);
    il_wait_until_ready(s, &wait, limit_of(s, time));
    return WITHOUT_WAITING;
  }
#endif
  (void)call, (void)time, (void)frame;
  note_waiting(asked, count, caller);
  return AS_BY_A_THREAD;
}

int poll(struct pollfd *files, nfds_t count, int timeout) {
  void *caller = IL_CALLER();
  IL_REAL(poll, &poll);
  il_session *s = il_current;
  if (!s) return original(files, count, timeout);
  int64_t time = timeout < 0 ? FOREVER : (int64_t)timeout * 1000000;
  if (wait_for_one("poll", files, count, time, caller, FRAME()) == WITHOUT_WAITING)
    return original(files, count, 0);
  int result = original(files, count, timeout);
  if (result == 0 && timeout > 0) il_pass(s, time);
  return result;
}

int ppoll(struct pollfd *files, nfds_t count, const struct timespec *timeout,
          const sigset_t *mask) {
  void *caller = IL_CALLER();
  IL_REAL(ppoll, &ppoll);
  il_session *s = il_current;
  if (!s) return original(files, count, timeout, mask);
  static const struct timespec none = {0};
  int64_t time = timeout ? il_nanoseconds(timeout) : FOREVER;
  // Who lets signals in meanwhile waits for these, too.
  if (!mask && wait_for_one("ppoll", files, count, time, caller, FRAME()) == WITHOUT_WAITING)
    return original(files, count, &none, mask);
  if (mask) note_waiting(files, count, caller);
  int result = original(files, count, timeout, mask);
  if (result == 0 && timeout) il_pass(s, time);
  return result;
}

// MARK: - Sets of files

// The files that are selected; -1 where there are too many of them.
static int listed(struct pollfd *files, int end, const fd_set *reads, const fd_set *writes,
                  const fd_set *others) {
  int count = 0;
  for (int file = 0; file < end; file++) {
    short events = (reads && FD_ISSET(file, reads) ? POLLIN : 0) |
                   (writes && FD_ISSET(file, writes) ? POLLOUT : 0) |
                   (others && FD_ISSET(file, others) ? POLLPRI : 0);
    if (!events) continue;
    if (count == MOST_FILES) return -1;
    files[count++] = (struct pollfd){.fd = file, .events = events};
  }
  return count;
}

int select(int end, fd_set *reads, fd_set *writes, fd_set *others, struct timeval *timeout) {
  void *caller = IL_CALLER();
  IL_REAL(select, &select);
  il_session *s = il_current;
  struct pollfd files[MOST_FILES];
  int count = s && end >= 0 && end <= FD_SETSIZE ? listed(files, end, reads, writes, others) : -1;
  if (count < 0) return original(end, reads, writes, others, timeout);
  int64_t time = timeout ? (int64_t)timeout->tv_sec * 1000000000 + (int64_t)timeout->tv_usec * 1000
                         : FOREVER;
  struct timeval none = {0};
  if (count && wait_for_one("select", files, (nfds_t)count, time, caller, FRAME()) == WITHOUT_WAITING)
    return original(end, reads, writes, others, &none);
  int result = original(end, reads, writes, others, timeout);
  if (result == 0 && timeout) il_pass(s, time);
  return result;
}

// What is known of such a set. Who waits for others only, such as the event by which other threads
// wake it, does not talk to anybody outside.
enum { SETS = 4096, HAS_CONNECTIONS = 1, HAS_CHANNELS = 2 };
static atomic_uchar sets[SETS];

static uint8_t known_of(int set) {
  return set < 0 || set >= SETS ? HAS_CONNECTIONS : atomic_load(&sets[set]);
}

static int made(int set) {
  if (set >= 0 && set < SETS) atomic_store(&sets[set], 0);
  return set;
}

int epoll_create(int size) {
  IL_REAL(epoll_create, &epoll_create);
  return made(original(size));
}

int epoll_create1(int flags) {
  IL_REAL(epoll_create1, &epoll_create1);
  return made(original(flags));
}

static void note_added(int set, int file) {
#if defined(IL_HAS_CARRIERS)
  if (il_channel_of(file)) {
    atomic_fetch_or(&sets[set], HAS_CHANNELS);
    return;
  }
#endif
  if (il_is_connection(file)) atomic_fetch_or(&sets[set], HAS_CONNECTIONS);
}

int epoll_ctl(int set, int operation, int file, struct epoll_event *event) {
  IL_REAL(epoll_ctl, &epoll_ctl);
  if (operation == EPOLL_CTL_ADD && set >= 0 && set < SETS) note_added(set, file);
  return original(set, operation, file, event);
}

int epoll_wait(int set, struct epoll_event *events, int count, int timeout) {
  void *caller = IL_CALLER();
  IL_REAL(epoll_wait, &epoll_wait);
  il_session *s = il_current;
  uint8_t known = known_of(set);
  int64_t time = timeout < 0 ? FOREVER : (int64_t)timeout * 1000000;
#if defined(IL_HAS_CARRIERS)
  il_session *inside = il_inside();
  if (inside && known && !il_is_code_of_ours(caller)) {
    bool is_own = known == HAS_CHANNELS && il_has_channels_alone(inside);
    if (!is_own) il_note_talk(caller);
    struct pollfd file = {.fd = set, .events = POLLIN};
    il_file_wait wait = il_wait_for_files("epoll_wait", &file, 1, is_own, caller, FRAME());
    if (time != AT_ONCE) il_wait_until_ready(inside, &wait, limit_of(inside, time));
    return original(set, events, count, 0);
  }
#endif
  if (s && time != AT_ONCE && il_before_outside) il_before_outside();
  if ((s || !il_is_dispatch_code(caller)) && known) il_note_talk(caller);
  int result = original(set, events, count, timeout);
  if (s && result == 0 && timeout > 0) il_pass(s, time);
  return result;
}

// MARK: - Processes

#if defined(IL_HAS_CARRIERS)
typedef struct {
  il_file_wait wait;
  pid_t process;
} process_wait;

static bool has_ended(const il_readiness *readiness) {
  IL_FIND(original, "waitid", __typeof__(&waitid));
  pid_t process = ((const process_wait *)readiness)->process;
  idtype_t kind = process > 0 ? P_PID : process == -1 ? P_ALL : P_PGID;
  siginfo_t info = {0};
  int before = errno;
  int result = original(kind, (id_t)(process > 0 ? process : process < -1 ? -process : 0), &info,
                        WEXITED | WNOWAIT | WNOHANG);
  errno = before;
  return result || info.si_pid;
}

static void wait_for_process(const char *call, pid_t process, int options, void *caller,
                             void **frame) {
  il_session *s = il_inside();
  if (LIKELY(!s) || options & (WNOHANG | WUNTRACED | WCONTINUED) || il_is_code_of_ours(caller))
    return;
  process_wait process_wait = {
      .wait = il_wait_for_files(call, NULL, 0, false, caller, frame), .process = process};
  process_wait.wait.readiness.is_ready = has_ended;
  if (has_ended(&process_wait.wait.readiness)) return;
  il_note_escape(s, IL_ESCAPE_PROCESS, caller);
  il_wait_until_ready(s, &process_wait.wait, IL_NEVER);
}
#else
static void wait_for_process(const char *call, pid_t process, int options, void *caller,
                             void **frame) {
  (void)call, (void)process, (void)options, (void)caller, (void)frame;
}
#endif

pid_t waitpid(pid_t process, int *status, int options) {
  void *caller = IL_CALLER();
  IL_REAL(waitpid, &waitpid);
  wait_for_process("waitpid", process, options, caller, FRAME());
  return original(process, status, options);
}

struct rusage;
pid_t wait4(pid_t process, int *status, int options, struct rusage *usage) {
  void *caller = IL_CALLER();
  IL_REAL(wait4, &wait4);
  wait_for_process("wait4", process, options, caller, FRAME());
  return original(process, status, options, usage);
}

IL_UNINSTRUMENTED_END
#endif
