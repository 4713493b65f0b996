// Sources of libdispatch: the timers of a run, the one by which the runtime sleeps with a
// tolerance, and those that bring something from outside.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "timers.h"
#include "../Carriers/carriers.h"
#include "../Environment/environment.h"

IL_UNINSTRUMENTED_BEGIN

typedef void (*work_function)(void *);

extern char _dispatch_source_type_read __attribute__((weak));
extern char _dispatch_source_type_write __attribute__((weak));
extern char _dispatch_source_type_timer __attribute__((weak));

// What is done to a timer of a run, that does itself.
#if defined(IL_HAS_CARRIERS)
#define FRAME __builtin_frame_address(0)
#define IS_DONE(...) UNLIKELY(__VA_ARGS__)
#else
#define IS_DONE(...) false
#endif

// A sleep with a tolerance sets up a dispatch source, by these calls in this order.

void *dispatch_source_create(void *type, uintptr_t handle, uintptr_t mask, void *queue) {
  void *caller = IL_CALLER();
  IL_REAL(dispatch_source_create, void *(*)(void *, uintptr_t, uintptr_t, void *));
  il_session *s = il_current;
#if defined(IL_HAS_CARRIERS)
  if (UNLIKELY(s != NULL) && type == &_dispatch_source_type_timer && !il_is_concurrency_code(caller)) {
    void *timer = il_make_timer(mask, queue, caller, FRAME);
    if (timer) return timer;
  }
#endif
  void *source = original(type, handle, mask, queue);
  if (s) {
    // What the program's own sources call runs on threads of libdispatch.
    if (il_is_concurrency_code(caller)) {
      s->timer_source = source;
    } else {
      bool reads = type == &_dispatch_source_type_read || type == &_dispatch_source_type_write;
      il_note_escape(s, reads ? IL_ESCAPE_IO : IL_ESCAPE_DISPATCH, caller);
      il_errand *errand = il_send(IL_ERRAND_SOURCE, caller, reads ? 0 : ~0ull);
      if (errand) {
        errand->object = source;
        errand->goes_on = reads;
      }
    }
  }
  return source;
}

typedef void (*set_timer_function)(void *, uint64_t, uint64_t, uint64_t);

static set_timer_function real_set_timer(void) {
  IL_REAL(dispatch_source_set_timer, set_timer_function);
  return original;
}

void dispatch_source_set_timer(void *source, uint64_t start, uint64_t interval, uint64_t leeway) {
  if (IS_DONE(il_timer_set(source, start, interval, IL_CALLER(), FRAME))) return;
  il_session *s = il_current;
  if (s && s->timer_source == source) s->timer_when = start;
  else if (s) {
    il_errand_set_due(source, il_deadline_of(s, start));
    start = il_real_deadline(s, start);
  }
  il_current = NULL;
  real_set_timer()(source, start, interval, leeway);
  il_current = s;
}

void dispatch_set_context(void *object, void *context) {
  IL_REAL(dispatch_set_context, void (*)(void *, void *));
  il_session *s = il_current;
  if (s && s->timer_source == object) s->timer_context = context;
  original(object, context);
}

void dispatch_source_set_event_handler_f(void *source, work_function handler) {
  IL_REAL(dispatch_source_set_event_handler_f, void (*)(void *, work_function));
  if (IS_DONE(il_timer_set_handler(source, IL_TIMER_FIRED, NULL, handler))) return;
  il_session *s = il_current;
  if (s && s->timer_source == source) s->timer_handler = handler;
  original(source, handler);
}

void dispatch_activate(void *object) {
  IL_REAL(dispatch_activate, void (*)(void *));
  if (IS_DONE(il_timer_activate(object))) return;
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
#if defined(IL_HAS_CARRIERS)
  il_note_activated(object);
#endif
}

void dispatch_source_set_event_handler(void *source, void *block) {
  IL_REAL(dispatch_source_set_event_handler, void (*)(void *, void *));
  if (IS_DONE(il_timer_set_handler(source, IL_TIMER_FIRED, block, NULL))) return;
  il_errand *errand = block ? il_errand_of(source) : NULL;
  il_block wrapper;
  original(source, errand ? il_wrap(&wrapper, block, errand) : block);
}

#if defined(IL_HAS_CARRIERS)

#define HANDLER(name, which)                                                      \
  void dispatch_source_set_##name##_handler(void *source, void *block) {          \
    IL_REAL(dispatch_source_set_##name##_handler, void (*)(void *, void *));      \
    if (IS_DONE(il_timer_set_handler(source, which, block, NULL))) return;        \
    original(source, block);                                                      \
  }                                                                               \
  void dispatch_source_set_##name##_handler_f(void *source, work_function work) { \
    IL_REAL(dispatch_source_set_##name##_handler_f, void (*)(void *, work_function)); \
    if (IS_DONE(il_timer_set_handler(source, which, NULL, work))) return;         \
    original(source, work);                                                       \
  }

HANDLER(cancel, IL_TIMER_CANCELLED)
HANDLER(registration, IL_TIMER_REGISTERED)

void dispatch_source_cancel(void *source) {
  IL_REAL(dispatch_source_cancel, void (*)(void *));
  if (IS_DONE(il_timer_cancel(source, IL_CALLER(), FRAME))) return;
  original(source);
}

intptr_t dispatch_source_testcancel(void *source) {
  IL_REAL(dispatch_source_testcancel, intptr_t (*)(void *));
  intptr_t is_cancelled;
  return IS_DONE(il_timer_is_cancelled(source, &is_cancelled)) ? is_cancelled : original(source);
}

uintptr_t dispatch_source_get_data(void *source) {
  IL_REAL(dispatch_source_get_data, uintptr_t (*)(void *));
  uintptr_t data;
  return IS_DONE(il_timer_data(source, &data)) ? data : original(source);
}

void dispatch_suspend(void *object) {
  IL_REAL(dispatch_suspend, void (*)(void *));
  if (IS_DONE(il_timer_suspend(object, IL_CALLER(), FRAME))) return;
  original(object);
  il_count_suspension(object);
}

void dispatch_resume(void *object) {
  IL_REAL(dispatch_resume, void (*)(void *));
  if (IS_DONE(il_timer_resume(object, IL_CALLER(), FRAME))) return;
  // It may be gone after that.
  int left = il_uncount_suspension(object);
  original(object);
  if (left >= 0) il_lane_suspend(object, (unsigned)left);
}

void dispatch_set_target_queue(void *object, void *queue) {
  IL_REAL(dispatch_set_target_queue, void (*)(void *, void *));
  if (IS_DONE(il_timer_set_target(object, queue))) return;
  original(object, queue);
}

#endif

IL_UNINSTRUMENTED_END
