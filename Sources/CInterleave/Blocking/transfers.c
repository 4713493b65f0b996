// Calls by which a program reads from files and writes to them, and waits until it can.
//
// What comes from a socket or a pipe, and when, is no part of a run, unless it is one that the run
// made, and of which nobody else knows. Files answer at once.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Watching/watching.h"
#include "../Containment/containment.h"
#include "files.h"

#if defined(__linux__)
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

// MARK: - What the run makes

#if defined(IL_HAS_CARRIERS)
#define NOTE_CHANNEL(result, ends)                                                     \
  if (UNLIKELY(il_current != NULL) && !(result)) il_note_channel((ends)[0], (ends)[1])
#else
#define NOTE_CHANNEL(result, ends) (void)(ends)
#endif

#define CHANNEL_CALL(name, parameters, arguments, ends)                                \
  int name parameters {                                                                \
    il_note_outside((void *)name, IL_CALLER());                                        \
    IL_REAL(name, &name);                                                              \
    int result = original arguments;                                                   \
    NOTE_CHANNEL(result, ends);                                                        \
    return result;                                                                     \
  }

CHANNEL_CALL(pipe, (int ends[2]), (ends), ends)
CHANNEL_CALL(pipe2, (int ends[2], int flags), (ends, flags), ends)
CHANNEL_CALL(socketpair, (int domain, int type, int protocol, int ends[2]),
             (domain, type, protocol, ends), ends)

// MARK: - Before a call

// What the running step does at a file.
typedef struct {
  const char *call;
  int file;
  short events;
  // It does not wait, whatever the file says.
  bool is_immediate;
} transfer;

#if defined(IL_HAS_CARRIERS)
static bool blocks(const transfer *t) {
  if (t->is_immediate) return false;
  int before = errno;
  int flags = fcntl(t->file, F_GETFL);
  errno = before;
  return flags >= 0 && !(flags & O_NONBLOCK);
}

// For how long a socket waits, as a time of the run.
static int64_t limit_of(il_session *s, const transfer *t) {
  struct timeval time = {0};
  socklen_t size = sizeof time;
  int before = errno;
  bool has_limit = !getsockopt(t->file, SOL_SOCKET,
                               t->events == POLLIN ? SO_RCVTIMEO : SO_SNDTIMEO, &time, &size);
  errno = before;
  if (!has_limit || (!time.tv_sec && !time.tv_usec)) return IL_NEVER;
  return s->now + (int64_t)time.tv_sec * 1000000000 + (int64_t)time.tv_usec * 1000;
}

// Waits inside the step until the file is ready. False: that takes too long.
static bool wait_at_file(il_session *s, const transfer *t, il_channel *channel, void *caller,
                         void **frame) {
  struct pollfd file = {.fd = t->file, .events = t->events};
  bool is_own = channel && il_has_channels_alone(s);
  il_file_wait wait = il_wait_for_files(t->call, &file, 1, is_own, caller, frame);
  if (channel) wait.readiness.object = channel;
  bool is_ready = il_wait_until_ready(s, &wait, limit_of(s, t));
  // Others may have been there meanwhile.
  if (channel) il_note_touch(IL_TOUCH_CHANNEL, channel);
  return is_ready;
}
#endif

#if defined(IL_HAS_CARRIERS)
// Where a file is read from or written to next is known to all who have it, and so is what it holds.
static void reach_file(const transfer *t, void *caller, void **frame) {
  if (!t->events || t->file <= STDERR_FILENO || il_code_at(caller) != IL_CODE_PROGRAM) return;
  struct stat status;
  int before = errno;
  bool is_file = !fstat(t->file, &status) && S_ISREG(status.st_mode);
  errno = before;
  if (is_file) il_reach_state(NULL, caller, frame);
}
#endif

// The running step is about to read from a file, or to write to one. False: it waits for that too
// long.
static bool reach(const transfer *t, bool is_talk, void *caller, void **frame) {
  if (LIKELY(!il_current) || il_is_code_of_ours(caller)) return true;
#if defined(IL_HAS_CARRIERS)
  il_session *s = il_inside();
  if (s) {
    il_channel *channel = il_channel_of(t->file);
    if (channel) il_reach_transfer(s, channel, caller, frame);
    else reach_file(t, caller, frame);
    if (is_talk && !(channel && il_has_channels_alone(s))) il_note_io(t->file, caller);
    bool may_wait = channel || (t->events == POLLIN && il_is_connection(t->file));
    return !may_wait || !blocks(t) || wait_at_file(s, t, channel, caller, frame);
  }
#endif
  if (is_talk) il_note_io(t->file, caller);
  (void)frame;
  return true;
}

static ssize_t too_late(void) {
  errno = EAGAIN;
  return -1;
}

#define FRAME() (void **)__builtin_frame_address(0)

// A thread that runs no step does something at a file.
static inline void note_other(int file, void *caller) {
#if defined(IL_HAS_CARRIERS)
  if (!il_current && !il_is_code_of_ours(caller)) il_note_transfer_by_other(file);
#else
  (void)file, (void)caller;
#endif
}

// MARK: - Reading

#define READING(type, name, parameters, arguments, count, immediate)                   \
  type name parameters {                                                               \
    void *caller = IL_CALLER();                                                        \
    il_note_outside((void *)name, caller);                                             \
    IL_REAL(name, &name);                                                              \
    note_other(file, caller);                                                          \
    transfer t = {#name, file, POLLIN, (immediate) || !(count)};                       \
    return reach(&t, true, caller, FRAME()) ? original arguments : (type)too_late();   \
  }

ssize_t read(int file, void *buffer, size_t count) {
  void *caller = IL_CALLER();
  il_note_outside((void *)read, caller);
  IL_REAL(read, &read);
  if (UNLIKELY(il_current != NULL) && il_draw_from(file, buffer, count)) return (ssize_t)count;
  note_other(file, caller);
  transfer t = {"read", file, POLLIN, !count};
  return reach(&t, true, caller, FRAME()) ? original(file, buffer, count) : too_late();
}

READING(ssize_t, readv, (int file, const struct iovec *buffers, int count),
        (file, buffers, count), count, false)

// Who runs no step is known to talk to others by what it does with sockets.
static void note_socket(int file, void *caller) {
  if (!il_current) il_note_talk(caller);
  note_other(file, caller);
}

#define READING_SOCKET(type, name, parameters, arguments, flags)                       \
  type name parameters {                                                               \
    void *caller = IL_CALLER();                                                        \
    IL_REAL(name, &name);                                                              \
    note_socket(file, caller);                                                         \
    transfer t = {#name, file, POLLIN, (flags) & MSG_DONTWAIT};                        \
    return reach(&t, true, caller, FRAME()) ? original arguments : (type)too_late();   \
  }

READING_SOCKET(ssize_t, recv, (int file, void *buffer, size_t count, int flags),
               (file, buffer, count, flags), flags)
READING_SOCKET(ssize_t, recvfrom,
               (int file, void *buffer, size_t count, int flags, struct sockaddr *address,
                socklen_t *size),
               (file, buffer, count, flags, address, size), flags)
READING_SOCKET(ssize_t, recvmsg, (int file, struct msghdr *message, int flags),
               (file, message, flags), flags)
READING_SOCKET(int, accept, (int file, struct sockaddr *address, socklen_t *size),
               (file, address, size), 0)
READING_SOCKET(int, accept4, (int file, struct sockaddr *address, socklen_t *size, int flags),
               (file, address, size, flags), 0)

// MARK: - Writing

#define WRITING(name, parameters, arguments, immediate)                                \
  ssize_t name parameters {                                                            \
    void *caller = IL_CALLER();                                                        \
    il_note_outside((void *)name, caller);                                             \
    IL_REAL(name, &name);                                                              \
    note_other(file, caller);                                                          \
    transfer t = {#name, file, POLLOUT, (immediate) != 0};                             \
    return reach(&t, false, caller, FRAME()) ? original arguments : too_late();        \
  }

WRITING(writev, (int file, const struct iovec *buffers, int count), (file, buffers, count), false)
WRITING(send, (int file, const void *bytes, size_t count, int flags),
        (file, bytes, count, flags), flags & MSG_DONTWAIT)
WRITING(sendto,
        (int file, const void *bytes, size_t count, int flags, const struct sockaddr *address,
         socklen_t size),
        (file, bytes, count, flags, address, size), flags & MSG_DONTWAIT)
WRITING(sendmsg, (int file, const struct msghdr *message, int flags), (file, message, flags),
        flags & MSG_DONTWAIT)

typedef ssize_t (*write_function)(int, const void *, size_t);

#if defined(IL_HAS_CARRIERS)
// Who writes more than fits at once has others read meanwhile.
static ssize_t write_in_parts(il_session *s, const transfer *t, const char *bytes, size_t count,
                              void *caller, void **frame, write_function original) {
  size_t done = 0;
  while (done < count) {
    il_channel *channel = il_channel_of(t->file);
    if (!wait_at_file(s, t, channel, caller, frame)) break;
    size_t part = count - done < PIPE_BUF ? count - done : PIPE_BUF;
    ssize_t written = original(t->file, bytes + done, part);
    if (written < 0) return done ? (ssize_t)done : written;
    done += (size_t)written;
  }
  return done ? (ssize_t)done : too_late();
}
#endif

ssize_t write(int file, const void *bytes, size_t count) {
  void *caller = IL_CALLER();
  IL_REAL(write, write_function);
  if (file != STDOUT_FILENO && file != STDERR_FILENO) {
    il_note_outside((void *)write, caller);
    note_other(file, caller);
  }
  if (il_hear(file, bytes, count)) return (ssize_t)count;
  transfer t = {"write", file, POLLOUT, !count};
  if (!reach(&t, false, caller, FRAME())) return too_late();
#if defined(IL_HAS_CARRIERS)
  il_session *s = il_inside();
  if (UNLIKELY(s != NULL) && count > PIPE_BUF && il_channel_of(file) && blocks(&t))
    return write_in_parts(s, &t, bytes, count, caller, FRAME(), original);
#endif
  return original(file, bytes, count);
}

// MARK: - Ends

// Who reads from the other end is told.
#define ENDING(name, parameters, arguments)                                            \
  int name parameters {                                                                \
    void *caller = IL_CALLER();                                                        \
    il_note_outside((void *)name, caller);                                             \
    IL_REAL(name, &name);                                                              \
    note_other(file, caller);                                                          \
    transfer t = {#name, file, 0, true};                                               \
    reach(&t, false, caller, FRAME());                                                 \
    return original arguments;                                                         \
  }

ENDING(shutdown, (int file, int how), (file, how))

int close(int file) {
  if (UNLIKELY(il_is_refused(file))) return il_refuse();
  void *caller = IL_CALLER();
  il_note_outside((void *)close, caller);
  IL_REAL(close, &close);
  il_note_closed(file);
  note_other(file, caller);
  transfer t = {"close", file, 0, true};
  reach(&t, false, caller, FRAME());
  return original(file);
}

IL_UNINSTRUMENTED_END
#endif
