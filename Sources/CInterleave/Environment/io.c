// Calls by which a program talks to others: sockets and pipes.
//
// What comes from there, and when, is no part of a run. Files are: they answer at once.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "environment.h"

#if defined(__linux__)
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

IL_UNINSTRUMENTED_BEGIN

static void note(void *caller) {
  il_session *s = il_current;
  if (s) il_note_escape(s, IL_ESCAPE_IO, caller);
  else il_io_site = caller;
}

bool il_is_connection(int file) {
  struct stat status;
  int before = errno;
  bool is = !fstat(file, &status) && (S_ISSOCK(status.st_mode) || S_ISFIFO(status.st_mode));
  errno = before;
  return is;
}

void il_note_io(int file, void *caller) {
  if (il_is_code_of_ours(caller)) return;
  if (il_current && il_is_connection(file)) note(caller);
}

#define SOCKET_CALL(type, name, parameters, arguments)                       \
  type name parameters {                                                     \
    void *caller = IL_CALLER();                                              \
    IL_REAL(name, &name);                                                              \
    note(caller);                                                            \
    return original arguments;                                               \
  }

SOCKET_CALL(int, connect, (int file, const struct sockaddr *address, socklen_t size),
            (file, address, size))
SOCKET_CALL(int, listen, (int file, int backlog), (file, backlog))
SOCKET_CALL(int, accept, (int file, struct sockaddr *address, socklen_t *size),
            (file, address, size))
SOCKET_CALL(int, accept4, (int file, struct sockaddr *address, socklen_t *size, int flags),
            (file, address, size, flags))
SOCKET_CALL(ssize_t, recv, (int file, void *buffer, size_t count, int flags),
            (file, buffer, count, flags))
SOCKET_CALL(ssize_t, recvfrom,
            (int file, void *buffer, size_t count, int flags, struct sockaddr *address,
             socklen_t *size),
            (file, buffer, count, flags, address, size))
SOCKET_CALL(ssize_t, recvmsg, (int file, struct msghdr *message, int flags),
            (file, message, flags))

// MARK: - Waiting for several

static void note_waiting(il_session *s, struct pollfd *files, nfds_t count, void *caller) {
  for (nfds_t n = 0; n < count; n++) {
    if (files[n].fd < 0 || !il_is_connection(files[n].fd)) continue;
    note(caller);
    return;
  }
  (void)s;
}

int poll(struct pollfd *files, nfds_t count, int timeout) {
  void *caller = IL_CALLER();
  IL_REAL(poll, &poll);
  il_session *s = il_current;
  if (!s) return original(files, count, timeout);
  note_waiting(s, files, count, caller);
  int result = original(files, count, timeout);
  if (result == 0 && timeout > 0) il_pass(s, (int64_t)timeout * 1000000);
  return result;
}

int ppoll(struct pollfd *files, nfds_t count, const struct timespec *timeout,
          const sigset_t *mask) {
  void *caller = IL_CALLER();
  IL_REAL(ppoll, &ppoll);
  il_session *s = il_current;
  if (!s) return original(files, count, timeout, mask);
  note_waiting(s, files, count, caller);
  int result = original(files, count, timeout, mask);
  if (result == 0 && timeout) il_pass(s, il_nanoseconds(timeout));
  return result;
}

// Which sets of files have a connection among them. Who waits for others only, such as the event
// by which other threads wake it, does not talk to anybody outside.
enum { SETS = 4096 };
static atomic_uchar has_connections[SETS];

static bool waits_for_connections(int set) {
  return set < 0 || set >= SETS || atomic_load(&has_connections[set]);
}

static int made(int set) {
  if (set >= 0 && set < SETS) atomic_store(&has_connections[set], false);
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

int epoll_ctl(int set, int operation, int file, struct epoll_event *event) {
  IL_REAL(epoll_ctl, &epoll_ctl);
  if (operation == EPOLL_CTL_ADD && set >= 0 && set < SETS && il_is_connection(file))
    atomic_store(&has_connections[set], true);
  return original(set, operation, file, event);
}

int epoll_wait(int file, struct epoll_event *events, int count, int timeout) {
  void *caller = IL_CALLER();
  IL_REAL(epoll_wait, &epoll_wait);
  il_session *s = il_current;
  if ((il_current || !il_is_dispatch_code(caller)) && waits_for_connections(file)) note(caller);
  int result = original(file, events, count, timeout);
  if (s && result == 0 && timeout > 0) il_pass(s, (int64_t)timeout * 1000000);
  return result;
}

IL_UNINSTRUMENTED_END
#else
void il_note_io(int file, void *caller) { (void)file, (void)caller; }
#endif
