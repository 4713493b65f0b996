// Steps on carriers: what is kept of one that is interrupted, and the runs of a machine upon them.

#include "stacks.h"
#include "../Containment/containment.h"

#include <stdlib.h>

IL_UNINSTRUMENTED_BEGIN

#if defined(IL_HAS_CARRIERS)

// MARK: - Steps

void il_carriers_begin_step(il_carriers *c) {
  c->inside = (il_step_inside){.number = ++c->last_step};
  c->begins_visibly = false;
  c->turning = (il_turning){0};
}

void il_carriers_end_step(il_carriers *c) {
  if (LIKELY(!c->inside.locks)) return;
  il_leave_taken(c);
  // Who wants such a lock may have the only thread on which its holder could go on.
  if (c->points == IL_POINTS_FIRST) c->left_between = true;
}

static void keep_step(const il_carriers *c, il_step_state *kept) {
  const il_session *s = c->session;
  *kept = (il_step_state){
      .executor = s->executor, .step_task = s->step_task, .cancelled = s->cancelled,
      .ended = s->ended, .step_frame = s->step_frame, .step_resume = s->step_resume,
      .bounce_target = s->bounce_target, .clock_reads = s->clock_reads, .creating = s->creating,
      .immediate = s->immediate, .initializing = s->initializing,
      .creating_child = s->creating_child, .creation_site = s->creation_site,
      .creation_caller = s->creation_caller, .creation_entry = s->creation_entry,
      .creation_group = s->creation_group, .creation_let = s->creation_let,
      .queue_frame = s->queue_frame, .inside = c->inside};
}

static void go_on_with_step(il_carriers *c, const il_step_state *kept) {
  il_session *s = c->session;
  s->executor = kept->executor;
  s->step_task = kept->step_task;
  s->cancelled = kept->cancelled;
  s->ended = kept->ended;
  s->step_frame = kept->step_frame;
  s->step_resume = kept->step_resume;
  s->bounce_target = kept->bounce_target;
  s->clock_reads = kept->clock_reads;
  s->creating = kept->creating;
  s->immediate = kept->immediate;
  s->initializing = kept->initializing;
  s->creating_child = kept->creating_child;
  s->creation_site = kept->creation_site;
  s->creation_caller = kept->creation_caller;
  s->creation_entry = kept->creation_entry;
  s->creation_group = kept->creation_group;
  s->creation_let = kept->creation_let;
  s->queue_frame = kept->queue_frame;
  c->inside = kept->inside;
  // Others have been there: it begins to count anew.
  c->turning = (il_turning){0};
}

void il_carrier_leave(il_carriers *c, il_carrier *next) {
  il_session *s = c->session;
  il_carrier *me = c->current;
  keep_step(c, &me->step);
  go_on_with_step(c, &(il_step_state){0});
  c->parked++;
  c->solitary += me->want == IL_WANTS_SOLITUDE;
  c->parked_locks += me->step.inside.locks;
  me->next = c->first_parked;
  c->first_parked = me;
  il_step_edge(s);
  il_switch_carriers(me, next ? next : il_carriers_take_spare(c));
  if (UNLIKELY(c->is_over)) {
    s->queue_frame = me->step.queue_frame;
    il_fiber_visit(me->paused.fiber);
    il_leave_queues(c);
  }
  il_carrier **link = &c->first_parked;
  while (*link != me) link = &(*link)->next;
  *link = me->next;
  c->parked--;
  c->solitary -= me->want == IL_WANTS_SOLITUDE;
  c->parked_locks -= me->step.inside.locks;
  go_on_with_step(c, &me->step);
  il_step_edge(s);
}

void il_carrier_end(il_carriers *c) { il_switch_carriers(c->current, &c->home); }

// What is parked never goes on. Others may use the queues that it is on.
static void leave_all_queues(il_carriers *c) {
  c->is_over = true;
  for (il_carrier *parked = c->first_parked, *next; parked; parked = next) {
    next = parked->next;
    if (parked->step.queue_frame) il_switch_carriers(&c->home, parked);
  }
  c->session->queue_frame = NULL;
  c->is_over = false;
}

// What is parked never goes on: to the thread sanitizer, it is as if that had come to its end.
static void give_up_parked(il_carriers *c) {
  if (c->is_forked != il_is_forked) return;
  for (il_carrier *parked = c->first_parked; parked; parked = parked->next) {
    il_fiber_give_up(c->session, parked->paused.fiber);
    il_fiber_leave_stack(parked->fiber);
    parked->fiber = NULL;
    parked->paused = (il_paused_fiber){0};
  }
}

// What is parked when a run is over never goes on, and neither does any other step. Its stack is
// given back, unless somebody else may know what is on it.
static void unmake_parked(il_carriers *c) {
  if (c->session->has_escaped || c->session->errands) return;
  for (il_carrier *parked = c->first_parked, *next; parked; parked = next) {
    next = parked->next;
    il_carrier_unmake(parked);
  }
  c->first_parked = NULL;
}

// There are few fibers: see `il_fiber_wait_for_few`.
static void give_back_fibers(il_carriers *c) {
  if (LIKELY(!il_has_fibers) || c->is_forked != il_is_forked) return;
  for (il_carrier *spare = c->free; spare; spare = spare->next) {
    il_fiber_free(spare->fiber);
    spare->fiber = NULL;
  }
}

// MARK: - Runs

// How many stacks that are not in use are kept from run to run.
enum { KEPT = 16 };

const char *il_carriers_obstacle(void) {
  if (il_has_address_sanitizer()) return "the address sanitizer takes each thread to have one stack";
  if (il_has_thread_sanitizer() && !il_has_fibers)
    return "the thread sanitizer takes each thread to have one stack";
  return il_find_blocks();
}

bool il_carriers_run(il_session *s, il_points points) {
  if (il_find_blocks()) return false;
  il_carriers *c = s->idle_carriers;
  if (c && (c->thread != il_number_of_thread() || c->is_forked != il_is_forked)) {
    // Code that was left on another thread goes on with what is that thread's.
    il_carriers_drop(s);
    c = NULL;
  }
  if (!c) {
    c = s->idle_carriers = calloc(1, sizeof *c);
    if (!c) return false;
    c->session = s;
    c->thread = il_number_of_thread();
    c->is_forked = il_is_forked;
    c->home.owner = c;
    c->home.fiber = il_fiber_of_thread();
  }
  if (!il_carriers_have_spare(c)) return false;
  c->run++;
  c->held_count = 0;
  c->last_step = c->parked = c->solitary = c->parked_locks = 0;
  c->first_parked = NULL;
  c->off = NULL;
  c->points = points;
  c->spares_holders = c->left_between = false;
  c->current = &c->home;
  s->carriers = c;
  s->heeds_atomics = true;
  il_values_begin(c);
  il_switch_carriers(&c->home, il_carriers_take_spare(c));
  if (UNLIKELY(c->first_parked != NULL)) leave_all_queues(c);
  il_values_end(c);
  if (c->parked) {
    il_give_back_all(c);
    give_up_parked(c);
    unmake_parked(c);
  }
  s->carriers = NULL;
  s->heeds_atomics = false;
  il_carriers_keep_free(c, KEPT);
  give_back_fibers(c);
  return true;
}

void il_carriers_drop(il_session *s) {
  il_carriers *c = s->idle_carriers;
  s->carriers = s->idle_carriers = NULL;
  s->heeds_atomics = false;
  if (!c) return;
  give_up_parked(c);
  il_carriers_keep_free(c, 0);
  free(c->held);
  free(c);
}

void il_carriers_spare_holders(il_session *s) {
  if (s->carriers) s->carriers->spares_holders = true;
}

bool il_carriers_have_parked_locks(const il_session *s) {
  return s->carriers && s->carriers->parked_locks;
}

const char *il_carriers_off(const il_session *s) {
  return s->idle_carriers ? s->idle_carriers->off : NULL;
}

bool il_carriers_left_between(const il_session *s) {
  return s->idle_carriers && (s->idle_carriers->left_between || s->idle_carriers->off);
}

size_t il_carriers_free(const il_session *s) {
  return s->idle_carriers ? s->idle_carriers->free_count : 0;
}

#else

const char *il_carriers_heed_atomics(void) { return il_carriers_obstacle(); }
const char *il_carriers_obstacle(void) { return "steps have no stacks of their own on this platform"; }
bool il_carriers_run(il_session *s, il_points points) {
  (void)s, (void)points;
  return false;
}
void il_carriers_spare_holders(il_session *s) { (void)s; }
bool il_carriers_have_parked_locks(const il_session *s) {
  (void)s;
  return false;
}
const char *il_carriers_off(const il_session *s) {
  (void)s;
  return NULL;
}
bool il_carriers_left_between(const il_session *s) {
  (void)s;
  return false;
}
size_t il_carriers_free(const il_session *s) {
  (void)s;
  return 0;
}
size_t il_carriers_held(const il_session *s, const void **locks, size_t capacity) {
  (void)s, (void)locks, (void)capacity;
  return 0;
}
void il_carriers_begin_step(il_carriers *carriers) { (void)carriers; }
void il_carriers_end_step(il_carriers *carriers) { (void)carriers; }
void il_carriers_drop(il_session *session) { (void)session; }
bool il_carrier_is_blocked(const il_carrier *carrier) {
  (void)carrier;
  return false;
}
bool il_carrier_pauses(const il_carrier *carrier) {
  (void)carrier;
  return false;
}
bool il_carrier_may_go_on_alone(const il_carrier *carrier) {
  (void)carrier;
  return false;
}
int64_t il_carrier_limit(const il_carrier *carrier) {
  (void)carrier;
  return INT64_MAX;
}
il_lock_wait il_carrier_wait(const il_carrier *carrier) {
  (void)carrier;
  return (il_lock_wait){.kind = IL_WAIT_FOR_OTHER};
}

#endif

IL_UNINSTRUMENTED_END
