// What steps wait for that are parked, as it is told.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "carriers.h"

#if defined(IL_HAS_CARRIERS)
IL_UNINSTRUMENTED_BEGIN

bool il_carrier_pauses(const il_carrier *carrier) { return carrier->want == IL_WANTS_OTHERS; }

int64_t il_carrier_limit(const il_carrier *carrier) {
  bool has_limit = carrier->want == IL_WANTS_OPENING || carrier->want == IL_WANTS_TIME ||
                   carrier->want == IL_WANTS_READY;
  return has_limit ? carrier->limit : IL_NEVER;
}

bool il_carrier_may_go_on_alone(const il_carrier *carrier) {
  return carrier->want == IL_WANTS_SOLITUDE || carrier->is_trial || il_carrier_pauses(carrier) ||
         ((carrier->want == IL_WANTS_OPENING || carrier->want == IL_WANTS_READY) &&
          carrier->limit == IL_NEVER);
}

// The parked step that has the object.
static const il_carrier *who_holds(const il_carriers *c, const il_held *held) {
  const il_carrier *parked = c->first_parked;
  for (; parked; parked = parked->next) {
    if (held->depth) {
      if (parked->step.inside.number == held->holder) break;
    } else if (parked->step.step_task && parked->step.step_task->index == held->task) break;
  }
  return parked;
}

il_lock_wait il_carrier_wait(const il_carrier *carrier) {
  bool is_lock = carrier->want == IL_WANTS_LOCK || carrier->want == IL_WANTS_SHARE ||
                 carrier->want == IL_WANTS_WORD;
  const il_held *held = is_lock ? il_known_held(carrier->owner, carrier->wanted) : NULL;
  il_lock_wait wait = {.object = carrier->wanted, .site = carrier->want_site};
  wait.kind = carrier->is_trial ? IL_WAIT_FOR_OTHER
              : is_lock || carrier->want == IL_WANTS_TURN ? IL_WAIT_FOR_LOCK
              : carrier->want == IL_WANTS_END ? IL_WAIT_FOR_END
              : carrier->want == IL_WANTS_OPENING || carrier->want == IL_WANTS_READY
                  ? IL_WAIT_FOR_OPENING
                  : IL_WAIT_FOR_OTHER;
  if (carrier->want == IL_WANTS_END) {
    wait.is_held = true;
    wait.holder = ((const il_ending *)carrier->wanted)->task;
  }
  wait.is_opened = carrier->want == IL_WANTS_OPENING &&
                   il_known_held(carrier->owner, carrier->wanted)->openings != carrier->openings;
  if (carrier->want == IL_WANTS_READY) {
    const il_readiness *readiness = carrier->wanted;
    wait.object = readiness->object;
    wait.call = readiness->call;
    wait.is_opened = readiness->is_own && readiness->is_ready(readiness);
  }
  if (carrier->want == IL_WANTS_TURN) {
    wait.object = ((const il_turn *)carrier->wanted)->lane->order->queue;
    held = il_known_held(carrier->owner, wait.object);
  }
  if (held && (held->depth || held->sharers)) {
    wait.is_held = true;
    wait.holder = held->task;
    wait.holding = who_holds(carrier->owner, held);
    wait.held_since = held->site;
  }
  return wait;
}

IL_UNINSTRUMENTED_END
#endif
