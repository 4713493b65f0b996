// Threads that the steps of a run make: each is a task of the run, with one step that runs on a
// carrier of its own, from its beginning to its end.
//
// What waits for the outside, and what an executor has its jobs run on, stays a thread of the
// system's. That is seen only when it comes to it: then the run is void, and from there on threads
// that are made at the same place are left to the system.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "takeover.h"
#include "../Carriers/carriers.h"
#include "../Environment/environment.h"
#include "../Watching/watching.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

IL_UNINSTRUMENTED_BEGIN

#if defined(IL_HAS_CARRIERS)

enum { NAME = 16 };

// A thread of a run, and its job: as much like a job of the runtime's as a session needs. Its
// address is what the program knows it by.
typedef struct il_thread {
  il_job job;
  il_ending ending;
  il_task *task;
  void *(*start)(void *);
  void *argument, *result;
  const void *site;
  // It has begun; nobody can wait for its end any more.
  bool has_begun, is_detached;
  char name[NAME];
  jmp_buf end;
  struct il_thread *next;
} il_thread;

// MARK: - What is left to the system

enum { MOST_PLACES = 64 };
static _Atomic(const void *) native_places[MOST_PLACES];

static bool is_native_place(const void *site) {
  for (int n = 0; n < MOST_PLACES; n++)
    if (atomic_load(&native_places[n]) == site) return true;
  return false;
}

static void note_native_place(const void *site) {
  for (int n = 0; n < MOST_PLACES; n++) {
    const void *none = NULL;
    if (atomic_compare_exchange_strong(&native_places[n], &none, site) || none == site) return;
  }
}

bool il_session_is_void(const il_session *s) { return s->is_void; }

// The running step never goes on: the run is made again.
static void end_run(il_session *s, const void *site) {
  s->is_void = true;
  il_current = s;
  s->carriers->current->limit = IL_NEVER;
  il_await(s, NULL, site, IL_WANTS_TIME);
}

static bool is_live(const il_thread *t) { return !t->ending.has_ended; }

bool il_has_threads(const il_session *s) {
  for (const il_thread *t = s->threads; t; t = t->next)
    if (is_live(t)) return true;
  return false;
}

void il_leave_threads(il_session *s, const void *site) {
  for (const il_thread *t = s->threads; t; t = t->next)
    if (is_live(t)) note_native_place(t->site);
  end_run(s, site);
}

// The thread that runs.
static il_thread *running_thread(il_session *s) {
  return UNLIKELY(s != NULL) && UNLIKELY(il_is_thread(s->step_task)) ? s->step_task->job : NULL;
}

static void before_outside(void) {
  il_session *s = il_inside();
  il_thread *t = running_thread(s);
  if (LIKELY(!t)) return;
  note_native_place(t->site);
  end_run(s, t->site);
}

__attribute__((constructor)) static void heed_outside(void) {
  il_before_outside = before_outside;
}

// MARK: - Making them

// A function by which Foundation makes a thread for who calls it, and not for itself.
static bool is_of_thread(const void *call) {
  static const char *const names[] = {"_CFThreadCreate", "$s10Foundation6ThreadC"};
  Dl_info info;
  if (!dladdr((const char *)call - 1, &info) || !info.dli_sname) return false;
  for (int n = 0; n < 2; n++)
    if (!strncmp(info.dli_sname, names[n], strlen(names[n]))) return true;
  return false;
}

// Where the program makes a thread, by itself or by Foundation's `Thread`; NULL where it is not the
// program that does.
static const void *site_of_making(void *caller, const void *start) {
  enum { DEPTH = 16 };
  if (il_code_at(caller) == IL_CODE_PROGRAM) return caller;
  if (il_code_at(caller) != IL_CODE_LIBRARY || il_code_at(start) != IL_CODE_LIBRARY) return NULL;
  void *calls[DEPTH];
  il_session *s = il_current;
  il_current = NULL;
  int count = backtrace(calls, DEPTH), n = 0;
  while (n < count && calls[n] != caller) n++;
  while (n < count && is_of_thread(calls[n])) n++;
  il_current = s;
  return n < count && il_code_at(calls[n]) == IL_CODE_PROGRAM ? calls[n] : NULL;
}

static bool is_left_alone(il_session *s, const void *start, const void *site) {
  return is_native_place(site) || il_is_native(s, IL_NATIVE_CODE, start) ||
         il_is_native(s, IL_NATIVE_CODE, site);
}

bool il_make_thread(pthread_t *handle, const pthread_attr_t *attributes, void *(*start)(void *),
                    void *argument, void *caller) {
  enum { PRIORITY = 0x15 };
  il_session *s = il_inside();
  if (LIKELY(!s) || s->initializing) return false;
  const void *site = site_of_making(caller, (void *)start);
  if (!site || is_left_alone(s, (void *)start, site)) return false;
  const void *code = il_code_at((void *)start) == IL_CODE_PROGRAM ? (void *)start : site;
  il_thread *t = calloc(1, sizeof *t);
  if (!t) return false;
  *t = (il_thread){
      .job = {.flags = IL_KIND_BLOCK | PRIORITY << 8, .resume = (void *)code},
      .start = start, .argument = argument, .site = site, .next = s->threads};
  s->threads = t;
  int state = PTHREAD_CREATE_JOINABLE;
  if (attributes) pthread_attr_getdetachstate(attributes, &state);
  t->is_detached = state == PTHREAD_CREATE_DETACHED;
  *handle = (pthread_t)t;
  s->creation_caller = NULL;
  s->block_number = ++s->thread_count;
  s->block_kind = IL_BLOCK_THREAD;
  t->task = il_adopt(s, t, (void *)site, (void *)code, false);
  s->block_number = 0;
  t->ending.task = t->task->index;
  il_count_operation(s);
  il_ready ready = {
      .job = t, .task = t->task, .resume = (void *)code, .deadline = -1, .place = IL_PLACE_GLOBAL,
      .arrival = IL_ARRIVAL_CREATED, .priority = il_job_priority(t)};
  il_releases(t);
  ready.handlers = il_handlers(s);
  IL_TELL(s, ready, &ready);
  il_pass_by(s, IL_POINT_MADE, site);
  return true;
}

void il_run_thread(il_session *s, const il_ready *ready) {
  il_thread *t = ready->job;
  il_carriers *c = s->carriers;
  void *values[IL_KEYS];
  t->has_begun = true;
  il_values_put_aside(c, values);
  // It may go on upon its carrier alone, and so comes to its end there.
  if (!_setjmp(t->end)) t->result = t->start(t->argument);
  il_current = s;
  il_values_take_back(c, values);
  il_releases(&t->ending);
  t->ending.has_ended = true;
}

void il_threads_forget(il_session *s) {
  for (il_thread *t = s->threads, *next; t; t = next) {
    next = t->next;
    // Who is left amid its step, on its stack, may still be asked for.
    if (!is_live(t) || !t->has_begun) free(t);
  }
  s->threads = NULL;
  s->thread_count = 0;
}

// MARK: - What is done with them

static il_thread *known_thread(const il_session *s, pthread_t handle) {
  if (LIKELY(!s)) return NULL;
  for (il_thread *t = s->threads; t; t = t->next)
    if ((pthread_t)t == handle) return t;
  return NULL;
}

static int join(il_session *s, il_thread *t, void **result, const void *caller) {
  if (t == running_thread(s)) return EDEADLK;
  if (t->is_detached) return EINVAL;
  il_count_operation(s);
  il_await(s, &t->ending, caller, IL_WANTS_END);
  il_acquired(&t->ending);
  if (result) *result = t->result;
  t->is_detached = true;
  return 0;
}

int pthread_join(pthread_t thread, void **result) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_join, int (*)(pthread_t, void **));
  il_note_outside((void *)pthread_join, caller);
  il_thread *t = known_thread(il_inside(), thread);
  if (UNLIKELY(t != NULL)) return join(il_current, t, result, IL_PLACE(caller));
  il_leave_points_at("pthread_join", caller);
  return original(thread, result);
}

int pthread_tryjoin_np(pthread_t thread, void **result) {
  IL_REAL(pthread_tryjoin_np, int (*)(pthread_t, void **));
  il_thread *t = known_thread(il_inside(), thread);
  if (LIKELY(!t)) return original(thread, result);
  return is_live(t) ? EBUSY : join(il_current, t, result, IL_CALLER());
}

// Whoever waits for a limited time waits for the end.
int pthread_timedjoin_np(pthread_t thread, void **result, const struct timespec *deadline) {
  IL_REAL(pthread_timedjoin_np, int (*)(pthread_t, void **, const struct timespec *));
  il_thread *t = known_thread(il_inside(), thread);
  if (LIKELY(!t)) return original(thread, result, deadline);
  return join(il_current, t, result, IL_CALLER());
}

int pthread_cancel(pthread_t thread) {
  IL_REAL(pthread_cancel, int (*)(pthread_t));
  return known_thread(il_inside(), thread) ? ENOTSUP : original(thread);
}

int pthread_detach(pthread_t thread) {
  IL_REAL(pthread_detach, int (*)(pthread_t));
  il_thread *t = known_thread(il_inside(), thread);
  if (LIKELY(!t)) return original(thread);
  if (t->is_detached) return EINVAL;
  t->is_detached = true;
  return 0;
}

__attribute__((noreturn)) void pthread_exit(void *result) {
  IL_REAL(pthread_exit, void (*)(void *));
  il_thread *t = running_thread(il_inside());
  if (UNLIKELY(t != NULL)) {
    t->result = result;
    _longjmp(t->end, 1);
  }
  original(result);
  abort();
}

pthread_t pthread_self(void) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_self, pthread_t (*)(void));
  il_thread *t = running_thread(il_inside());
  if (LIKELY(!t)) return original();
  il_code code = il_code_at(caller);
  return code == IL_CODE_PROGRAM || code == IL_CODE_LIBRARY ? (pthread_t)t : original();
}

static pthread_t real_self(void) {
  IL_FIND(self, "pthread_self", pthread_t (*)(void));
  return self();
}

int pthread_setname_np(pthread_t thread, const char *name) {
  IL_REAL(pthread_setname_np, int (*)(pthread_t, const char *));
  il_session *s = il_inside();
  il_thread *t = known_thread(s, thread);
  if (LIKELY(!t)) return original(thread, name);
  if (strlen(name) >= NAME) return ERANGE;
  strcpy(t->name, name);
  IL_TELL(s, named, t->task, t->name);
  return 0;
}

int pthread_getname_np(pthread_t thread, char *name, size_t size) {
  IL_REAL(pthread_getname_np, int (*)(pthread_t, char *, size_t));
  const il_thread *t = known_thread(il_inside(), thread);
  if (LIKELY(!t)) return original(thread, name, size);
  if (strlen(t->name) >= size) return ERANGE;
  strcpy(name, t->name);
  return 0;
}

// What is asked of the system's thread that such a one runs on.
#define OF_THREAD(name, ...)                                                      \
  IL_REAL(name, &name);                                                           \
  return original(known_thread(il_inside(), thread) ? real_self() : thread, __VA_ARGS__)

int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes) {
  OF_THREAD(pthread_getattr_np, attributes);
}
int pthread_getcpuclockid(pthread_t thread, clockid_t *clock) {
  OF_THREAD(pthread_getcpuclockid, clock);
}
int pthread_getaffinity_np(pthread_t thread, size_t size, cpu_set_t *processors) {
  OF_THREAD(pthread_getaffinity_np, size, processors);
}
int pthread_getschedparam(pthread_t thread, int *policy, struct sched_param *parameters) {
  OF_THREAD(pthread_getschedparam, policy, parameters);
}
int pthread_setaffinity_np(pthread_t thread, size_t size, const cpu_set_t *processors) {
  IL_REAL(pthread_setaffinity_np, &pthread_setaffinity_np);
  return known_thread(il_inside(), thread) ? 0 : original(thread, size, processors);
}
int pthread_setschedparam(pthread_t thread, int policy, const struct sched_param *parameters) {
  // That of all steps is nobody's to set.
  IL_REAL(pthread_setschedparam, &pthread_setschedparam);
  return known_thread(il_inside(), thread) ? 0 : original(thread, policy, parameters);
}

#else

bool il_session_is_void(const il_session *s) { return s->is_void; }
bool il_make_thread(pthread_t *handle, const pthread_attr_t *attributes, void *(*start)(void *),
                    void *argument, void *caller) {
  (void)handle, (void)attributes, (void)start, (void)argument, (void)caller;
  return false;
}
void il_run_thread(il_session *s, const il_ready *ready) { (void)s, (void)ready; }

#endif

IL_UNINSTRUMENTED_END
