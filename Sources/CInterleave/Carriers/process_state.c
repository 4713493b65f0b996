// What the whole process has, and tasks share without a lock of their own.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "carriers.h"
#include "../Watching/watching.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__) && defined(IL_HAS_CARRIERS)
IL_UNINSTRUMENTED_BEGIN

void il_reach_state(void *object, const void *caller, void **frame) {
  il_session *inside = il_inside();
  if (LIKELY(!inside)) return;
  const void *site = il_program_call(caller, frame);
  if (il_code_at(site) == IL_CODE_PROGRAM)
    il_reach(inside, IL_POINT_STATE, object, site, IL_WANTS_NOTHING);
}

#define STATE_CALL(type, name, parameters, arguments, object)                          \
  type name parameters {                                                               \
    void *caller = IL_CALLER();                                                        \
    IL_REAL(name, type (*) parameters);                                                \
    il_note_outside((void *)name, caller);                                             \
    il_reach_state((void *)(object), caller, __builtin_frame_address(0));              \
    return original arguments;                                                         \
  }

// MARK: - Semaphores

STATE_CALL(int, sem_getvalue, (sem_t *semaphore, int *value), (semaphore, value), semaphore)

// MARK: - The environment

STATE_CALL(int, setenv, (const char *name, const char *value, int overwrites),
           (name, value, overwrites), NULL)
STATE_CALL(int, unsetenv, (const char *name), (name), NULL)
STATE_CALL(int, putenv, (char *entry), (entry), NULL)

// Where somebody changes it nothing is proved; where nobody does, it does not matter who asks when. But
// what comes after is counted alike.
char *getenv(const char *name) {
  void *caller = IL_CALLER();
  IL_REAL(getenv, char *(*)(const char *));
  il_session *inside = il_inside();
  if (UNLIKELY(inside != NULL)) {
    if (inside->carriers->points != IL_POINTS_FIRST)
      il_reach_state(NULL, caller, __builtin_frame_address(0));
    else if (il_code_at(caller) == IL_CODE_PROGRAM) il_count_operation(inside);
  }
  return original(name);
}

// MARK: - Files

STATE_CALL(off_t, lseek, (int file, off_t offset, int from), (file, offset, from), NULL)
STATE_CALL(off64_t, lseek64, (int file, off64_t offset, int from), (file, offset, from), NULL)
STATE_CALL(int, ftruncate, (int file, off_t size), (file, size), NULL)
STATE_CALL(int, truncate, (const char *path, off_t size), (path, size), NULL)
STATE_CALL(int, access, (const char *path, int mode), (path, mode), NULL)
STATE_CALL(int, unlink, (const char *path), (path), NULL)
STATE_CALL(int, remove, (const char *path), (path), NULL)
STATE_CALL(int, rename, (const char *from, const char *to), (from, to), NULL)
STATE_CALL(int, mkdir, (const char *path, mode_t mode), (path, mode), NULL)
STATE_CALL(int, rmdir, (const char *path), (path), NULL)

// MARK: - What dispatch queues keep by keys

void dispatch_queue_set_specific(void *queue, const void *key, void *context,
                                 void (*destroy)(void *)) {
  void *caller = IL_CALLER();
  IL_REAL(dispatch_queue_set_specific, void (*)(void *, const void *, void *, void (*)(void *)));
  il_note_outside((void *)dispatch_queue_set_specific, caller);
  il_reach_state(queue, caller, __builtin_frame_address(0));
  original(queue, key, context, destroy);
}

STATE_CALL(void *, dispatch_queue_get_specific, (void *queue, const void *key), (queue, key), queue)

IL_UNINSTRUMENTED_END
#endif
