// Timers of libdispatch that the steps of a run make. Each is a task of the run: it waits for its
// moment of virtual time, and then for its turn on the queue, where it runs the handlers.
//
// The program has an object of libdispatch's that is never set nor activated. It lasts as long as
// the program refers to it, and then serves for the next timer.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "timers.h"
#include "blocks.h"
#include "../Carriers/carriers.h"
#include "../Environment/environment.h"

#include <stdlib.h>

#if defined(IL_HAS_CARRIERS)
IL_UNINSTRUMENTED_BEGIN

// A block, or a function that is called with the object's context.
typedef struct {
  void *block;
  void (*work)(void *);
} handler;

typedef struct il_timer {
  void *object;
  struct il_timer *next;
  // By the program; none while it is spare.
  unsigned references;
  uintptr_t flags;
  // NULL once the run is over.
  il_session *session;
  il_lane *lane;
  // Where it was made.
  const void *site;
  handler handlers[IL_TIMER_HANDLERS];
  // When it fires next, and every how many nanoseconds after that; `INT64_MAX` for never.
  int64_t due, interval;
  // How often it has fired, as the handler is told.
  uint64_t fired;
  unsigned suspensions;
  bool is_active, is_cancelled, is_over;
  // It waits for its moment; it has come, and no handler knows; it waits for its turn, or has it.
  bool is_set, has_fired, is_busy;
  // Its task, once there is one.
  il_block_job *job;
} il_timer;

// Those that the program refers to, and spare ones. `il_inbox_lock` guards the lists.
static il_timer *timers, *spare;
static atomic_uint timer_count;

static il_timer *known_timer(const void *object) {
  if (LIKELY(!atomic_load_explicit(&timer_count, memory_order_relaxed))) return NULL;
  pthread_mutex_lock(&il_inbox_lock);
  il_timer *found = timers;
  while (found && found->object != object) found = found->next;
  pthread_mutex_unlock(&il_inbox_lock);
  return found;
}

static il_timer *take_spare(uintptr_t flags) {
  pthread_mutex_lock(&il_inbox_lock);
  il_timer **link = &spare;
  while (*link && (*link)->flags != flags) link = &(*link)->next;
  il_timer *found = *link;
  if (found) *link = found->next;
  pthread_mutex_unlock(&il_inbox_lock);
  return found;
}

static void insert(il_timer *t) {
  pthread_mutex_lock(&il_inbox_lock);
  t->next = timers;
  timers = t;
  atomic_fetch_add(&timer_count, 1);
  pthread_mutex_unlock(&il_inbox_lock);
}

// MARK: - Handlers

static void drop(il_timer *t, il_timer_handler which) {
  IL_FIND(_Block_release, "_Block_release", void (*)(const void *));
  void *block = t->handlers[which].block;
  t->handlers[which] = (handler){0};
  if (block) _Block_release(block);
}

static bool has(const il_timer *t, il_timer_handler which) {
  return t->handlers[which].block || t->handlers[which].work;
}

static void call(const il_timer *t, il_timer_handler which) {
  IL_FIND(_Block_copy, "_Block_copy", void *(*)(const void *));
  IL_FIND(_Block_release, "_Block_release", void (*)(const void *));
  IL_FIND(dispatch_get_context, "dispatch_get_context", void *(*)(void *));
  handler h = t->handlers[which];
  if (h.work) h.work(dispatch_get_context(t->object));
  if (!h.block) return;
  // It may put another one in its place.
  void *kept = _Block_copy(h.block);
  ((il_block *)kept)->invoke(kept);
  _Block_release(kept);
}

static void set_handler(il_timer *t, il_timer_handler which, const void *block,
                        void (*work)(void *)) {
  IL_FIND(_Block_copy, "_Block_copy", void *(*)(const void *));
  void *kept = block ? _Block_copy(block) : NULL;
  drop(t, which);
  t->handlers[which] = (handler){.block = kept, .work = work};
}

// MARK: - Life

// Nobody refers to it any more. The lock is not held.
static void put_away(il_timer *t) {
  IL_FIND(dispatch_set_context, "dispatch_set_context", void (*)(void *, void *));
  for (il_timer_handler h = 0; h < IL_TIMER_HANDLERS; h++) drop(t, h);
  dispatch_set_context(t->object, NULL);
  pthread_mutex_lock(&il_inbox_lock);
  il_timer **link = &timers;
  while (*link != t) link = &(*link)->next;
  *link = t->next;
  atomic_fetch_sub(&timer_count, 1);
  *t = (il_timer){.object = t->object, .flags = t->flags, .next = spare};
  spare = t;
  pthread_mutex_unlock(&il_inbox_lock);
}

static il_timer *one_of(const il_session *s) {
  pthread_mutex_lock(&il_inbox_lock);
  il_timer *found = timers;
  while (found && found->session != s) found = found->next;
  pthread_mutex_unlock(&il_inbox_lock);
  return found;
}

void il_timers_forget(il_session *s) {
  if (LIKELY(!atomic_load_explicit(&timer_count, memory_order_relaxed))) return;
  for (il_timer *t = one_of(s); t; t = one_of(s)) {
    if (t->job) il_free_block(t->job);
    t->job = NULL;
    t->session = NULL;
    if (!t->references) put_away(t);
  }
}

// MARK: - Firing

static void stop_waiting(il_timer *t) {
  if (t->is_set) IL_TELL(t->session, withdrawn, t->job->task);
  t->is_set = false;
}

// Takes down that it has fired, and when it will the next time.
static void fire(il_timer *t) {
  int64_t late = t->session->now - t->due, passed;
  t->has_fired = false;
  t->fired = 1;
  if (t->interval == INT64_MAX) {
    t->due = INT64_MAX;
    return;
  }
  // What was missed meanwhile is told once.
  if (late > 0) t->fired += (uint64_t)(late / t->interval);
  if (__builtin_mul_overflow((int64_t)t->fired, t->interval, &passed) ||
      __builtin_add_overflow(t->due, passed, &t->due)) t->due = INT64_MAX;
}

// What the step does that has the turn.
static void handle(void *pointer) {
  il_timer *t = pointer;
  if (!t->references || t->suspensions) return;
  if (t->is_cancelled) {
    drop(t, IL_TIMER_FIRED);
    call(t, IL_TIMER_CANCELLED);
    drop(t, IL_TIMER_CANCELLED);
    return;
  }
  if (has(t, IL_TIMER_REGISTERED)) {
    call(t, IL_TIMER_REGISTERED);
    drop(t, IL_TIMER_REGISTERED);
  }
  if (!t->has_fired) return;
  // Who cancels it from here on comes too late.
  il_inside()->carriers->begins_visibly = true;
  fire(t);
  call(t, IL_TIMER_FIRED);
}

static void adopt(il_timer *t) {
  il_timer_handler which = 0;
  while (!has(t, which)) which++;
  const handler *h = &t->handlers[which];
  const void *code = h->block ? il_code_of_block(h->block) : (const void *)h->work;
  if (il_code_at(code) != IL_CODE_PROGRAM) code = t->site;
  t->job = il_make_block(t->session, (il_block_making){
      .lane = t->lane, .code = code, .site = t->site, .kind = IL_BLOCK_TIMER});
  t->job->timer = t;
}

// Waits for what comes next. False: nothing will.
static bool goes_on(il_timer *t) {
  if (!t->references || t->is_over) return false;
  if (!t->is_active || t->is_busy || t->suspensions) return true;
  if (t->is_cancelled && !has(t, IL_TIMER_CANCELLED)) return false;
  bool fires = t->due != INT64_MAX && has(t, IL_TIMER_FIRED);
  if (fires && !t->is_cancelled && t->due <= t->session->now) t->has_fired = true;
  bool is_due = t->is_cancelled || has(t, IL_TIMER_REGISTERED) || t->has_fired;
  if (!is_due && (!fires || t->is_set)) return true;
  if (!t->job) adopt(t);
  if (is_due) {
    stop_waiting(t);
    t->is_busy = true;
    il_block_waits(t->session, t->job);
  } else {
    t->is_set = true;
    il_block_waits_until(t->session, t->job, t->due, t->interval != INT64_MAX);
  }
  return true;
}

// Nothing more comes of it.
static void end(il_timer *t) {
  t->is_over = true;
  t->job = NULL;
  for (il_timer_handler h = 0; h < IL_TIMER_HANDLERS; h++) drop(t, h);
  if (!t->references) put_away(t);
}

bool il_run_timer(il_session *s, il_block_job *b, const void *site) {
  il_timer *t = b->timer;
  if (!b->is_due) {
    t->is_set = false;
    t->has_fired = true;
    goes_on(t);
    return false;
  }
  il_do_on_queue(s, b->turn.lane, false, t, handle, site);
  il_turn_end(s, &b->turn);
  t->is_busy = false;
  if (goes_on(t)) return false;
  end(t);
  il_free_block(b);
  return true;
}

// Something about it is other than it was.
static void go_on(il_timer *t) {
  il_session *s = t->session;
  if (!s || s != il_inside() || goes_on(t)) return;
  stop_waiting(t);
  // Its own step ends it.
  if (t->is_busy) return;
  il_block_job *b = t->job;
  if (b) {
    IL_TELL(s, ended, b->task, NULL);
    il_free_record(s, b->task);
    il_free_block(b);
  }
  end(t);
}

// MARK: - What the program asks for

// The running step comes to do something to a timer; NULL: the object is none of a run's.
static il_timer *reach(void *object, void *caller, void **frame) {
  il_timer *t = known_timer(object);
  if (UNLIKELY(t != NULL) && t->is_active && t->session && t->session == il_inside())
    il_reach(t->session, IL_POINT_TIMER, object, il_program_call(caller, frame),
             IL_WANTS_NOTHING);
  return t;
}

void *il_make_timer(uintptr_t flags, void *queue, void *caller, void **frame) {
  IL_FIND(dispatch_source_create, "dispatch_source_create", void *(*)(const void *, uintptr_t, uintptr_t, void *));
  IL_FIND(dispatch_get_global_queue, "dispatch_get_global_queue", void *(*)(intptr_t, uintptr_t));
  extern char _dispatch_source_type_timer __attribute__((weak));
  il_session *s = il_inside();
  const void *site = s ? il_controlled_call(s, caller, frame) : NULL;
  if (LIKELY(!site)) return NULL;
  il_lane *lane = il_lane_of(s, queue ? queue : dispatch_get_global_queue(0, 0));
  if (!lane) return NULL;
  il_timer *t = take_spare(flags);
  if (!t) {
    t = calloc(1, sizeof *t);
    if (!t) abort();
    t->flags = flags;
    t->object = dispatch_source_create(&_dispatch_source_type_timer, 0, flags, NULL);
  }
  t->references = 1;
  t->session = s;
  t->lane = lane;
  t->site = site;
  t->due = t->interval = INT64_MAX;
  insert(t);
  return t->object;
}

bool il_timer_set(void *object, uint64_t start, uint64_t interval, void *caller, void **frame) {
  il_timer *t = reach(object, caller, frame);
  if (LIKELY(!t)) return false;
  if (!t->session) return true;
  t->due = il_deadline_of(t->session, start);
  t->interval = interval > INT64_MAX ? INT64_MAX : interval ? (int64_t)interval : 1;
  // What it had fired for is forgotten.
  t->has_fired = false;
  if (t->session == il_inside()) stop_waiting(t);
  go_on(t);
  return true;
}

bool il_timer_set_handler(void *object, il_timer_handler which, const void *block,
                          void (*work)(void *)) {
  il_timer *t = known_timer(object);
  if (LIKELY(!t)) return false;
  if (!t->session || t->is_over) return true;
  set_handler(t, which, block, work);
  go_on(t);
  return true;
}

bool il_timer_set_target(void *object, void *queue) {
  il_timer *t = known_timer(object);
  if (LIKELY(!t)) return false;
  // Where it waits for a turn, it goes on to do so.
  if (t->session && !t->job) t->lane = il_lane_of(t->session, queue);
  return true;
}

bool il_timer_activate(void *object) {
  il_timer *t = known_timer(object);
  if (LIKELY(!t)) return false;
  t->is_active = true;
  go_on(t);
  return true;
}

bool il_timer_suspend(void *object, void *caller, void **frame) {
  il_timer *t = reach(object, caller, frame);
  if (LIKELY(!t)) return false;
  t->suspensions++;
  return true;
}

bool il_timer_resume(void *object, void *caller, void **frame) {
  IL_FIND(dispatch_resume, "dispatch_resume", void (*)(void *));
  il_timer *t = reach(object, caller, frame);
  if (LIKELY(!t)) return false;
  if (t->suspensions) {
    t->suspensions--;
  } else if (!t->is_active) {
    t->is_active = true;
  } else if (t->session) {
    // libdispatch ends the process, as it would have without us.
    dispatch_resume(object);
    dispatch_resume(object);
  }
  go_on(t);
  return true;
}

bool il_timer_cancel(void *object, void *caller, void **frame) {
  il_timer *t = reach(object, caller, frame);
  if (LIKELY(!t)) return false;
  t->is_cancelled = true;
  go_on(t);
  return true;
}

bool il_timer_is_cancelled(void *object, intptr_t *is_cancelled) {
  const il_timer *t = known_timer(object);
  if (UNLIKELY(t != NULL)) *is_cancelled = t->is_cancelled;
  return t;
}

bool il_timer_data(void *object, uintptr_t *data) {
  const il_timer *t = known_timer(object);
  if (UNLIKELY(t != NULL)) *data = t->fired;
  return t;
}

// MARK: - References

void dispatch_retain(void *object) {
  IL_REAL(dispatch_retain, void (*)(void *));
  il_timer *t = known_timer(object);
  if (UNLIKELY(t != NULL)) t->references++;
  original(object);
}

void dispatch_release(void *object) {
  IL_REAL(dispatch_release, void (*)(void *));
  il_timer *t = known_timer(object);
  if (LIKELY(!t)) {
    original(object);
    return;
  }
  bool is_last = t->references == 1, is_inside = t->session && t->session == il_inside();
  bool may_go = (t->is_active && !t->suspensions) || !is_inside;
  // Of one that is not active or suspended, libdispatch ends the process.
  if (!is_last || !may_go) original(object);
  t->references--;
  if (!is_last) return;
  if (is_inside) go_on(t);
  else if (!t->session) put_away(t);
}

IL_UNINSTRUMENTED_END
#endif
