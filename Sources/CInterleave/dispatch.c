// libdispatch, as far as the runtime reaches it past its own hooks, and as far
// as a step can leave the session's control by it.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "internal.h"

#include <dlfcn.h>
#include <pthread.h>
#include <time.h>

IL_UNINSTRUMENTED_BEGIN

typedef void (*work_function)(void *);

extern char _dispatch_main_q __attribute__((weak));

#define REAL(name, type)                                                     \
  static __typeof__(type) original;                                          \
  if (UNLIKELY(!original)) original = (__typeof__(type))il_next_symbol(#name)

static bool is_job_runner(work_function work) {
  // One address, looked up once, is what nearly every call passes.
  static _Atomic(work_function) known;
  if (atomic_load_explicit(&known, memory_order_relaxed) == work) return true;
  if (!il_is_concurrency_code((void *)work)) return false;
  atomic_store_explicit(&known, work, memory_order_relaxed);
  return true;
}

void dispatch_async_f(void *queue, void *context, work_function work) {
  void *caller = IL_CALLER();
  REAL(dispatch_async_f, void (*)(void *, void *, work_function));
  il_session *s = il_current;
  bool main = queue == (void *)&_dispatch_main_q;
  if (s) {
    if (is_job_runner(work)) {
      if (il_deliver(s, context, main ? IL_PLACE_MAIN : IL_PLACE_GLOBAL,
                     main ? il_main_executor() : NULL, -1)) return;
      il_note_escape(s, IL_ESCAPE_UNKNOWN_JOB, ((il_job *)context)->resume);
    } else {
      il_note_escape(s, IL_ESCAPE_DISPATCH, caller);
    }
  } else if (UNLIKELY(atomic_load_explicit(&il_live_sessions, memory_order_relaxed) != 0) &&
             is_job_runner(work) &&
             il_deliver_foreign(context, main ? IL_PLACE_MAIN : IL_PLACE_GLOBAL,
                                main ? il_main_executor() : NULL)) {
    return;
  }
  original(queue, context, work);
}

void dispatch_after_f(uint64_t when, void *queue, void *context, work_function work) {
  void *caller = IL_CALLER();
  REAL(dispatch_after_f, void (*)(uint64_t, void *, void *, work_function));
  il_session *s = il_current;
  if (s) {
    if (is_job_runner(work) &&
        il_deliver(s, context, IL_PLACE_GLOBAL, NULL, il_deadline_of(s, when))) return;
    il_note_escape(s, IL_ESCAPE_DISPATCH, caller);
    when = il_real_deadline(s, when);
  }
  // libdispatch asks the system's clocks for how long that is.
  il_current = NULL;
  original(when, queue, context, work);
  il_current = s;
}

// A sleep with a tolerance sets up a dispatch source, by these calls in this order.

void *dispatch_source_create(void *type, uintptr_t handle, uintptr_t mask, void *queue) {
  REAL(dispatch_source_create, void *(*)(void *, uintptr_t, uintptr_t, void *));
  void *source = original(type, handle, mask, queue);
  il_session *s = il_current;
  if (s) {
    // What the program's own sources call runs on threads of libdispatch.
    void *caller = IL_CALLER();
    if (il_is_concurrency_code(caller)) s->timer_source = source;
    else il_note_escape(s, IL_ESCAPE_DISPATCH, caller);
  }
  return source;
}

typedef void (*set_timer_function)(void *, uint64_t, uint64_t, uint64_t);

static set_timer_function real_set_timer(void) {
  REAL(dispatch_source_set_timer, set_timer_function);
  return original;
}

void dispatch_source_set_timer(void *source, uint64_t start, uint64_t interval, uint64_t leeway) {
  il_session *s = il_current;
  if (s && s->timer_source == source) s->timer_when = start;
  else if (s) start = il_real_deadline(s, start);
  il_current = NULL;
  real_set_timer()(source, start, interval, leeway);
  il_current = s;
}

void dispatch_set_context(void *object, void *context) {
  REAL(dispatch_set_context, void (*)(void *, void *));
  il_session *s = il_current;
  if (s && s->timer_source == object) s->timer_context = context;
  original(object, context);
}

void dispatch_source_set_event_handler_f(void *source, work_function handler) {
  REAL(dispatch_source_set_event_handler_f, void (*)(void *, work_function));
  il_session *s = il_current;
  if (s && s->timer_source == source) s->timer_handler = handler;
  original(source, handler);
}

void dispatch_activate(void *object) {
  REAL(dispatch_activate, void (*)(void *));
  il_session *s = il_current;
  if (s && s->timer_source == object) {
    struct { void *source, *job; } *pair = s->timer_context;
    s->timer_source = NULL;
    if (il_deliver(s, pair->job, IL_PLACE_GLOBAL, NULL, il_deadline_of(s, s->timer_when))) {
      // The session's own timer calls the handler. The source must still be
      // active when the handler releases it, so it is set to fire never.
      il_task *task = il_record(pair->job);
      task->handler = s->timer_handler;
      task->handler_context = pair;
      real_set_timer()(object, ~0ull, ~0ull, 0);
    }
  }
  original(object);
}

// MARK: - Ways out

static bool is_dispatch_code(const void *address) {
  static atomic_uintptr_t base;
  Dl_info info;
  uintptr_t known = atomic_load_explicit(&base, memory_order_relaxed);
  if (!known) {
    if (!dladdr(&_dispatch_main_q, &info)) return false;
    known = (uintptr_t)info.dli_fbase;
    atomic_store_explicit(&base, known, memory_order_relaxed);
  }
  return dladdr(address, &info) && (uintptr_t)info.dli_fbase == known;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                   void *(*start)(void *), void *argument) {
  REAL(pthread_create,
       int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *));
  // libdispatch's own workers are not the program's: what runs on them is.
  void *caller = IL_CALLER();
  if (il_current && !is_dispatch_code(caller))
    il_note_escape(il_current, IL_ESCAPE_THREAD, caller);
  return original(thread, attributes, start, argument);
}

#define ESCAPES(s) do { if (s) il_note_escape(s, IL_ESCAPE_DISPATCH, __builtin_return_address(0)); } while (0)

void dispatch_async(void *queue, void *block) {
  REAL(dispatch_async, void (*)(void *, void *));
  ESCAPES(il_current);
  original(queue, block);
}

void dispatch_after(uint64_t when, void *queue, void *block) {
  REAL(dispatch_after, void (*)(uint64_t, void *, void *));
  il_session *s = il_current;
  ESCAPES(s);
  if (s) when = il_real_deadline(s, when);
  il_current = NULL;
  original(when, queue, block);
  il_current = s;
}

void dispatch_group_async(void *group, void *queue, void *block) {
  REAL(dispatch_group_async, void (*)(void *, void *, void *));
  ESCAPES(il_current);
  original(group, queue, block);
}

void dispatch_group_notify(void *group, void *queue, void *block) {
  REAL(dispatch_group_notify, void (*)(void *, void *, void *));
  ESCAPES(il_current);
  original(group, queue, block);
}

void dispatch_barrier_async(void *queue, void *block) {
  REAL(dispatch_barrier_async, void (*)(void *, void *));
  ESCAPES(il_current);
  original(queue, block);
}

void dispatch_apply(size_t iterations, void *queue, void *block) {
  REAL(dispatch_apply, void (*)(size_t, void *, void *));
  ESCAPES(il_current);
  original(iterations, queue, block);
}

IL_UNINSTRUMENTED_END
