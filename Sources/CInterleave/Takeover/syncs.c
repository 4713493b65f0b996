// Work that a step does on a dispatch queue while it waits.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "takeover.h"
#include "../Carriers/carriers.h"
#include "../Containment/containment.h"
#include "../Environment/environment.h"
#include "../Watching/watching.h"

#if defined(__linux__)

IL_UNINSTRUMENTED_BEGIN

#if defined(IL_HAS_CARRIERS)
// The main queue is another thread's, which does the work; unless that is who waits.
static void do_on_main(il_session *s, il_lane *lane, void *context, void (*work)(void *),
                       const void *site) {
  il_turn done = {.lane = lane};
  il_submit_awaited(s, lane, context, work, site, &done);
  il_turn_await(s, &done, site);
}

static bool does_inside(void *queue, bool is_alone, void *context, void (*work)(void *),
                        void *caller, void **frame) {
  il_session *s = il_inside();
  if (LIKELY(!s) || s->initializing) return false;
  const void *site = il_program_call(caller, frame);
  bool is_controlled = il_code_at(caller) == IL_CODE_PROGRAM || il_is_overlay(caller);
  il_lane *lane = is_controlled ? il_lane_of(s, queue) : NULL;
  if (!lane) return false;
  bool is_main = il_lane_is_main(lane);
  il_reach(s, IL_POINT_LOCK, lane->order->queue, site, IL_WANTS_NOTHING);
  if (il_is_alone_on(s, lane) || (is_main && s->executor == il_main)) {
    if (!il_is_contained()) return false;
    il_stop_step(IL_STOP_BLOCKED, IL_BLOCKED_QUEUE, (void *)site);
  }
  if (is_main) {
    do_on_main(s, lane, context, work, site);
    return true;
  }
  il_turn turn = {.lane = lane, .is_alone = is_alone};
  il_turn_ask(s, &turn);
  il_turn_await(s, &turn, site);
  il_do_on_queue(s, lane, is_alone, context, work, site);
  il_turn_end(s, &turn);
  return true;
}
#else
static bool does_inside(void *queue, bool is_alone, void *context, void (*work)(void *),
                        void *caller, void **frame) {
  (void)queue, (void)is_alone, (void)context, (void)work, (void)caller, (void)frame;
  return false;
}
#endif

static void call_block(void *block) { ((const il_block *)block)->invoke(block); }

#define SYNC(name, is_alone)                                                      \
  void name(void *queue, void *block) {                                           \
    void *caller = IL_CALLER();                                                   \
    static void (*original)(void *, void *);                                      \
    if (UNLIKELY(!original)) *(void **)&original = il_next_symbol(#name);         \
    il_note_lock(queue, caller);                                                  \
    if (does_inside(queue, is_alone, block, call_block, caller,                   \
                    __builtin_frame_address(0))) return;                          \
    il_leave_points_at(#name, caller);                                            \
    original(queue, block);                                                       \
  }

SYNC(dispatch_sync, false)
SYNC(dispatch_barrier_sync, true)
SYNC(dispatch_async_and_wait, false)
SYNC(dispatch_barrier_async_and_wait, true)

#define SYNC_F(name, is_alone)                                                    \
  void name(void *queue, void *context, void (*work)(void *)) {                   \
    void *caller = IL_CALLER();                                                   \
    static void (*original)(void *, void *, void (*)(void *));                    \
    if (UNLIKELY(!original)) *(void **)&original = il_next_symbol(#name);         \
    il_note_outside((void *)name, caller);                                        \
    if (does_inside(queue, is_alone, context, work, caller,                       \
                    __builtin_frame_address(0))) return;                          \
    il_leave_points_at(#name, caller);                                            \
    original(queue, context, work);                                               \
  }

SYNC_F(dispatch_sync_f, false)
SYNC_F(dispatch_barrier_sync_f, true)
SYNC_F(dispatch_async_and_wait_f, false)
SYNC_F(dispatch_barrier_async_and_wait_f, true)

IL_UNINSTRUMENTED_END

#endif
