// Where a step can be interrupted inside, and what it waits for until then.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "carriers.h"

#if defined(IL_HAS_CARRIERS)
IL_UNINSTRUMENTED_BEGIN

static bool is_in_vain(const il_carriers *c, const il_carrier *carrier, unsigned step) {
  switch (carrier->want) {
  case IL_WANTS_NOTHING: return false;
  case IL_WANTS_WORD: return *(const volatile int *)carrier->wanted != 0;
  case IL_WANTS_CHANGE: return il_value_of(carrier->wanted, carrier->width) == carrier->seen;
  case IL_WANTS_SOLITUDE: return c->parked > c->solitary;
  case IL_WANTS_TURN: return !((const il_turn *)carrier->wanted)->is_given;
  case IL_WANTS_TIME: return true;
  case IL_WANTS_OTHERS: return c->last_step - carrier->last_step < IL_PAUSE;
  case IL_WANTS_READY: {
    const il_readiness *readiness = carrier->wanted;
    return !readiness->is_ready(readiness);
  }
  case IL_WANTS_END: return !((const il_ending *)carrier->wanted)->has_ended;
  case IL_WANTS_OPENING:
    return il_known_held(c, carrier->wanted)->openings == carrier->openings &&
           atomic_load(&c->session->openings_by_others) == carrier->openings_by_others;
  case IL_WANTS_LOCK:
  case IL_WANTS_SHARE: return il_is_held_elsewhere(c, carrier->want, carrier->wanted, step);
  }
}

// MARK: - Points

// Who handles a cancellation holds a lock of the runtime's meanwhile: whoever wants that waits. Of
// such waits a proof knows nothing.
static bool may_be_interrupted(const il_session *s) {
  const il_carriers *c = s->carriers;
  return !s->creating && !s->initializing && !s->cancelled && !s->drain_count &&
         !(c->points == IL_POINTS_FIRST && c->inside.runtime_locks) &&
         !(c->spares_holders && c->inside.locks);
}

// Where the function was called that a call returns to. Not all code keeps its frames.
static const void *caller_of(const il_carrier *carrier, const void *site, void **frame) {
  uintptr_t end = carrier->stack_begin + IL_CARRIER_STACK;
  for (int depth = 0; site && depth < 12; depth++) {
    void **outer = (void **)frame[0];
    if ((uintptr_t)outer % sizeof(void *) || outer <= frame || (uintptr_t)(outer + 2) > end)
      return NULL;
    if (frame[1] == site) return outer[1];
    frame = outer;
  }
  return NULL;
}

// No step is interrupted any more in this run.
static void end_points(il_session *s, const char *reason) {
  if (!s->carriers->off) s->carriers->off = reason;
}

// The machine decides who goes on; the step is back here when that is itself again.
static void offer(il_session *s, il_point *point) {
  il_carriers *c = s->carriers;
  il_carrier *me = c->current;
  if (!il_carriers_have_spare(c)) {
    end_points(s, "there is no memory for another stack");
    return;
  }
  me->want_site = point->site;
  point->caller = caller_of(me, point->site, __builtin_frame_address(0));
  // What the machine and its strategy do is no step's.
  il_current = NULL;
  il_fiber_pause(s, &me->paused, point + 1);
  il_carrier *next = s->callbacks.point(s->context, me, point);
  if (next != me) il_carrier_leave(c, next);
  il_fiber_go_on(s, &me->paused, point + 1);
  il_current = s;
}

// Between those before operations and those at which a step waits, and neither.
_Static_assert(IL_FIRST_POINT == IL_WAITS - 1, "the point before the first operation has a number");

static unsigned bounded(unsigned number) {
  return number < IL_MOST_OPERATIONS ? number : IL_MOST_OPERATIONS;
}

void il_count_operation(il_session *s) {
  // What happens once in a process must not shift what comes after it.
  if (s->step_task && !s->initializing) s->carriers->inside.operations++;
}

// How many operations of a kind came before the one that is counted here.
static unsigned count_of(il_session *s, il_point_kind kind) {
  unsigned *count = &s->carriers->inside.kinds[kind];
  return s->initializing ? *count : (*count)++;
}

// A step that takes locks, or asks whether it is cancelled, more often than it can be interrupted
// there, may do so until others have done something. They may be waiting for it as well: nobody
// waits for all that others will ever do.
static void let_others_go_on(il_session *s, il_point_kind kind, unsigned occurrence,
                             const void *site) {
  enum { EVERY = 1024, MOST = 64 };
  if (LIKELY(occurrence < IL_MOST_OPERATIONS) || occurrence % EVERY || occurrence / EVERY > MOST ||
      (kind != IL_POINT_LOCK && kind != IL_POINT_LOOK) || s->initializing || s->carriers->off ||
      !may_be_interrupted(s)) return;
  il_carrier *me = s->carriers->current;
  me->last_step = s->carriers->last_step;
  il_await(s, NULL, site, IL_WANTS_OTHERS);
}

// The step gets to an operation in one go with what comes before it, or to one of which no relation
// between steps is known. Only what takes a lock tells for which it waits.
static bool is_between(il_point_kind kind, il_want want, bool is_vain, bool is_offered) {
  switch (kind) {
  case IL_POINT_LOCK:
    return (want != IL_WANTS_LOCK && want != IL_WANTS_SHARE) || (is_vain && !is_offered);
  case IL_POINT_RESUME: return !is_offered;
  case IL_POINT_CANCEL:
  case IL_POINT_LOOK:
  case IL_POINT_END: return false;
  default: return true;
  }
}

void il_reach(il_session *s, il_point_kind kind, void *object, const void *site, il_want want) {
  il_carriers *c = s->carriers;
  if (!s->step_task) return;
  unsigned number = c->inside.operations, occurrence = count_of(s, kind);
  il_count_operation(s);
  let_others_go_on(s, kind, occurrence, site);
  il_carrier *me = c->current;
  c->inside.last_site = site;
  me->want = want;
  me->wanted = object;
  bool is_vain = is_in_vain(c, me, c->inside.number);
  // Before its first operation a step has done nothing that others see; but plain loads of atomics
  // are not counted, and of who is about to try a lock it must be known.
  bool is_first = !number && c->points == IL_POINTS_FIRST &&
                  (kind == IL_POINT_LOCK || kind == IL_POINT_RESUME);
  bool is_seen = number || is_first || kind == IL_POINT_ATOMIC || c->begins_visibly || me->tries;
  bool is_offered = c->points && !s->initializing && is_seen && !c->off &&
                    number <= IL_MOST_OPERATIONS && may_be_interrupted(s);
  if (UNLIKELY(c->points == IL_POINTS_FIRST) && is_between(kind, want, is_vain, is_offered))
    c->left_between = true;
  if (is_vain || is_offered) {
    il_point point = {.kind = kind, .site = site,
                      .number = is_first ? IL_FIRST_POINT : 2 * bounded(number),
                      .occurrence = occurrence, .is_vain = is_vain};
    offer(s, &point);
  }
  me->want = IL_WANTS_NOTHING;
}

void il_reach_touch(il_session *s, il_touch kind, void *object, const void *site) {
  if (kind == IL_TOUCH_CANCELLED || kind == IL_TOUCH_CHILDREN_CANCELLED)
    il_reach(s, IL_POINT_CANCEL, object, site, IL_WANTS_NOTHING);
  if (kind == IL_TOUCH_LOOKED) il_reach(s, IL_POINT_LOOK, object, site, IL_WANTS_NOTHING);
}

// Who takes the children of a group as they end learns in which order they do, and that is none of
// what they did before. Where that was nothing others see, they might have done it at once.
void il_reach_end(il_session *s, const il_task *task) {
  il_carriers *c = s->carriers;
  if (!task->group || task != s->step_task) return;
  if (!c->inside.kinds[IL_POINT_LOCK] && !c->inside.kinds[IL_POINT_RESUME]) return;
  // Not even after a point behind the last operation is this left out: what is replayed may have such
  // points in one mode, and not in another.
  il_reach(s, IL_POINT_END, NULL, c->inside.last_site, IL_WANTS_NOTHING);
}

static void offer_after(il_session *s, il_point_kind kind, unsigned occurrence, bool is_offered,
                        const void *site) {
  il_carriers *c = s->carriers;
  il_step_inside *step = &c->inside;
  bool is_first = step->passed != step->operations;
  step->passed = step->operations;
  unsigned place = is_first ? 2 * (step->operations - 1) : IL_WAITS + 2 * bounded(step->passed_more++);
  // Its number would not tell which part of the step comes first.
  if (is_offered && !is_first && c->points == IL_POINTS_FIRST) {
    c->left_between = true;
    return;
  }
  if (!is_offered || c->off || !step->operations || step->operations > IL_MOST_OPERATIONS ||
      !may_be_interrupted(s)) return;
  il_point point = {.kind = kind, .site = site,
                    .number = place + 1, .occurrence = occurrence};
  offer(s, &point);
}

static void pass_by(il_session *s, il_point_kind kind, bool is_offered, const void *site) {
  if (!s->step_task) return;
  unsigned occurrence = count_of(s, kind);
  if (!s->initializing) offer_after(s, kind, occurrence, is_offered, site);
}

void il_pass_by(il_session *s, il_point_kind kind, const void *site) {
  pass_by(s, kind, s->carriers->points == IL_POINTS_EVERYWHERE, site);
}

void il_await(il_session *s, void *object, const void *site, il_want want) {
  il_carriers *c = s->carriers;
  il_carrier *me = c->current;
  me->want = want;
  me->wanted = object;
  if (s->step_task && is_in_vain(c, me, c->inside.number)) {
    c->left_between = true;
    // Who is woken in vain waits again, and that is another place.
    il_step_inside *step = &c->inside;
    unsigned place = step->operations < step->waited ? step->waited : step->operations;
    step->waited = place + 1;
    il_point point = {.kind = IL_POINT_WAIT, .site = site, .number = IL_WAITS + 2 * bounded(place),
                      .occurrence = place, .is_vain = true};
    offer(s, &point);
  }
  me->want = IL_WANTS_NOTHING;
}

bool il_await_trial(il_session *s, void *object, const void *site, il_want want) {
  enum { PATIENCE = 8 };
  il_carriers *c = s->carriers;
  il_carrier *me = c->current;
  if (++c->inside.vain_trials <= PATIENCE) return false;
  me->is_trial = true;
  il_await(s, object, site, want);
  me->is_trial = false;
  me->want = want;
  bool is_vain = is_in_vain(c, me, c->inside.number);
  me->want = IL_WANTS_NOTHING;
  return !is_vain;
}

void il_await_time(il_session *s, int64_t moment, const void *site) {
  if (s->initializing || !may_be_interrupted(s)) return;
  s->carriers->current->limit = moment;
  il_count_operation(s);
  il_await(s, NULL, site, IL_WANTS_TIME);
}

bool il_await_opening(il_session *s, void *object, const void *site, int64_t limit) {
  il_carrier *me = s->carriers->current;
  me->limit = limit;
  me->openings = il_find_held(s->carriers, object)->openings;
  me->openings_by_others = atomic_load(&s->openings_by_others);
  il_await(s, object, site, IL_WANTS_OPENING);
  return il_known_held(s->carriers, object)->openings != me->openings ||
         atomic_load(&s->openings_by_others) != me->openings_by_others;
}

bool il_await_ready(il_session *s, const il_readiness *readiness, const void *site,
                    int64_t limit) {
  s->carriers->current->limit = limit;
  il_await(s, (void *)readiness, site, IL_WANTS_READY);
  return readiness->is_ready(readiness);
}

const void *il_call_of_program(il_session *s, const void *caller, void **frame) {
  enum { DEPTH = 32 };
  uintptr_t end = s->carriers->current->stack_begin + IL_CARRIER_STACK;
  const void *call = caller;
  for (int depth = 0; il_code_at(call) != IL_CODE_PROGRAM; depth++) {
    void **outer = (void **)frame[0];
    if (depth == DEPTH || (uintptr_t)outer % sizeof(void *) || outer <= frame ||
        (uintptr_t)(outer + 2) > end) return caller;
    frame = outer;
    call = frame[1];
  }
  return call;
}

void il_leave_points(il_session *s, const char *call, const void *site) {
  end_points(s, call);
  il_await(s, NULL, site, IL_WANTS_SOLITUDE);
}

bool il_carrier_is_blocked(const il_carrier *carrier) {
  return is_in_vain(carrier->owner, carrier, carrier->step.inside.number);
}

// MARK: - Locks

// A step that takes locks of a library's again and again may be waiting for what another one does
// that was interrupted inside: that goes on first.
static void give_way(il_session *s, const void *caller) {
  enum { MOST = 500 };
  il_carriers *c = s->carriers;
  if (LIKELY(c->parked <= c->solitary) || ++c->turning.locks < MOST) return;
  c->turning.locks = 0;
  il_await(s, NULL, caller, IL_WANTS_SOLITUDE);
}

void il_before_lock(il_session *s, void *lock, il_want want, const void *caller, il_code code) {
  if (code == IL_CODE_OURS) return;
  if (code == IL_CODE_PROGRAM || il_is_stream_lock(caller)) {
    il_reach(s, IL_POINT_LOCK, lock, caller, want);
    return;
  }
  // The runtime gives back its locks before a step ends: who else has one is parked.
  if (code == IL_CODE_RUNTIME && LIKELY(!s->carriers->parked)) return;
  if (code == IL_CODE_LIBRARY) give_way(s, caller);
  il_await(s, lock, caller, want);
}

static bool is_about_to_be_tried(const il_carriers *c, const void *lock) {
  for (const il_carrier *parked = c->first_parked; parked; parked = parked->next)
    if (parked->tries == lock) return true;
  return false;
}

// Who has a lock can be interrupted at once where another one would find it taken, and not wait:
// nothing that is done with the lock need be a point.
static void let_others_try(il_session *s, const void *lock, const void *caller) {
  const il_carriers *c = s->carriers;
  bool is_offered = c->points == IL_POINTS_BEFORE || c->points == IL_POINTS_EVERYWHERE;
  unsigned locks = c->inside.kinds[IL_POINT_LOCK];
  if (LIKELY(!c->parked) || !s->step_task || s->initializing || !locks || !is_offered ||
      !is_about_to_be_tried(c, lock)) return;
  offer_after(s, IL_POINT_LOCK, locks - 1, true, caller);
}

void il_after_lock(il_session *s, void *lock, il_held_kind kind, bool is_shared,
                   const void *caller, il_code code) {
  if (code == IL_CODE_OURS) return;
  il_note_taken_by(s, lock, kind, is_shared, caller, code == IL_CODE_RUNTIME);
  if (code == IL_CODE_PROGRAM) let_others_try(s, lock, caller);
}

void il_before_wait(il_session *s, void *object, const void *caller) {
  if (il_code_at(caller) == IL_CODE_PROGRAM)
    il_reach(s, IL_POINT_LOCK, object, caller, IL_WANTS_NOTHING);
}

bool il_before_trial(il_session *s, void *lock, il_want want, const void *caller, il_code code) {
  if (code == IL_CODE_OURS) return false;
  if (code == IL_CODE_PROGRAM) {
    il_carrier *me = s->carriers->current;
    me->tries = lock;
    il_reach(s, IL_POINT_LOCK, lock, caller, IL_WANTS_NOTHING);
    me->tries = NULL;
  }
  return il_is_held_elsewhere(s->carriers, want, lock, s->carriers->inside.number) &&
         !il_await_trial(s, lock, caller, want);
}

void il_after_unlock(il_session *s, void *lock, const void *caller, il_code code) {
  il_note_given(s, lock);
  if (code != IL_CODE_PROGRAM) return;
  // What handles a cancellation is taken away where nobody is told of it. It may be called until then.
  il_points points = s->carriers->points;
  bool may_be_handled = points != IL_POINTS_NOWHERE && il_step_handlers(s);
  pass_by(s, IL_POINT_UNLOCKED, points == IL_POINTS_EVERYWHERE || may_be_handled, caller);
}

IL_UNINSTRUMENTED_END
#endif
