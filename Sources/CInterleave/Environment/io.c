// Calls by which a program talks to others: sockets and pipes.
//
// What comes from there, and when, is no part of a run. Files are: they answer at once.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "environment.h"

#if defined(__linux__)
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>

IL_UNINSTRUMENTED_BEGIN

void il_note_talk(void *caller) {
  il_session *s = il_current;
  if (UNLIKELY(s != NULL) && il_before_outside) il_before_outside();
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
  if (il_current && il_is_connection(file)) il_note_talk(caller);
}

#define SOCKET_CALL(type, name, parameters, arguments)                       \
  type name parameters {                                                     \
    void *caller = IL_CALLER();                                              \
    IL_REAL(name, &name);                                                    \
    il_note_talk(caller);                                                    \
    return original arguments;                                               \
  }

SOCKET_CALL(int, connect, (int file, const struct sockaddr *address, socklen_t size),
            (file, address, size))
SOCKET_CALL(int, listen, (int file, int backlog), (file, backlog))

IL_UNINSTRUMENTED_END
#else
void il_note_io(int file, void *caller) { (void)file, (void)caller; }
#endif
