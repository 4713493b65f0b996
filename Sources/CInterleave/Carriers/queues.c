#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "carriers.h"

#include <setjmp.h>
#include <stdlib.h>

#if defined(IL_HAS_CARRIERS)
IL_UNINSTRUMENTED_BEGIN

extern char _dispatch_main_q __attribute__((weak));
extern char _dispatch_queue_attr_concurrent __attribute__((weak));

// MARK: - What queues are

// Where libdispatch keeps how many blocks a queue runs at a time, and its target: learnt from
// queues of which both are known.
static struct {
  bool is_known;
  size_t width, target;
} layout;

enum { LOOKED_AT = 96, NOWHERE = LOOKED_AT, CONCURRENT = 0xffe };

static uint16_t number_at(const void *queue, size_t offset) {
  return *(const uint16_t *)((const char *)queue + offset);
}

static void *word_at(const void *queue, size_t offset) {
  return *(void *const *)((const char *)queue + offset);
}

static void learn_layout(void) {
  IL_FIND(queue_create_with_target, "dispatch_queue_create_with_target", void *(*)(const char *, void *, void *));
  IL_FIND(release, "dispatch_release", void (*)(void *));
  if (!queue_create_with_target || !release || !&_dispatch_queue_attr_concurrent) return;
  void *one = queue_create_with_target("interleave.one", NULL, NULL);
  void *other = queue_create_with_target("interleave.other", NULL, one);
  void *wide = queue_create_with_target("interleave.wide", &_dispatch_queue_attr_concurrent, one);
  unsigned widths = 0, targets = 0;
  for (size_t at = 0; at < LOOKED_AT; at += sizeof(uint16_t)) {
    if (number_at(one, at) != 1 || number_at(other, at) != 1 || number_at(wide, at) != CONCURRENT)
      continue;
    layout.width = at;
    widths++;
  }
  for (size_t at = 0; at < LOOKED_AT; at += sizeof(void *)) {
    if (word_at(other, at) != one || word_at(wide, at) != one || word_at(one, at) == one) continue;
    layout.target = at;
    targets++;
  }
  layout.is_known = widths == 1 && targets == 1;
  release(wide);
  release(other);
  release(one);
}

bool il_lanes_are_known(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, learn_layout);
  return layout.is_known;
}

static il_lane *known_lane(const il_session *s, const void *queue) {
  for (il_lane *lane = s->lanes; lane; lane = lane->next)
    if (lane->queue == queue) return lane;
  return NULL;
}

bool il_lane_is_main(const il_lane *lane) {
  return lane->order->queue == (void *)&_dispatch_main_q;
}

bool il_is_concurrent_queue(void *queue) {
  if (!il_lanes_are_known() || queue == (void *)&_dispatch_main_q) return false;
  return !word_at(queue, layout.target) || number_at(queue, layout.width) != 1;
}

il_lane *il_lane_of(il_session *s, void *queue) {
  if (!il_lanes_are_known()) return NULL;
  il_lane *known = known_lane(s, queue);
  if (known) return known;
  if (il_is_native(s, IL_NATIVE_QUEUE, queue)) return NULL;
  IL_FIND(retain, "dispatch_retain", void (*)(void *));
  il_lane *lane = calloc(1, sizeof *lane);
  if (!lane) abort();
  retain(queue);
  *lane = (il_lane){.queue = queue, .order = lane, .next = s->lanes,
                    .suspensions = il_suspensions_of(queue)};
  s->lanes = lane;
  void *target = word_at(queue, layout.target);
  bool is_main = queue == (void *)&_dispatch_main_q;
  lane->is_root = !target && !is_main;
  lane->is_serial = is_main || (target && number_at(queue, layout.width) == 1);
  if (!target || is_main) return lane;
  // The last serial one decides for all that lead to it.
  il_lane *order = il_lane_of(s, target)->order;
  if (order->is_serial) lane->order = order;
  return lane;
}

void il_lane_suspend(const void *queue, unsigned count) {
  il_session *s = il_inside();
  il_lane *lane = s ? known_lane(s, queue) : NULL;
  if (LIKELY(!lane)) return;
  lane->suspensions = count;
  il_lane_go_on(s, lane);
}

void il_lanes_forget(il_session *s) {
  IL_FIND(release, "dispatch_release", void (*)(void *));
  for (il_lane *lane = s->lanes, *next; lane; lane = next) {
    next = lane->next;
    // libdispatch does not bear that one which is suspended goes.
    if (!lane->suspensions) release(lane->queue);
    free(lane);
  }
  s->lanes = NULL;
}

// MARK: - Turns

static bool may_have_turn(const il_lane *order, const il_turn *turn) {
  if (order->is_root) return true;
  return !order->turns || !(order->is_closed || order->is_serial || turn->is_alone);
}

void il_lane_go_on(il_session *s, il_lane *lane) {
  il_lane *order = lane->order;
  if (order->suspensions) return;
  il_turn *before = NULL;
  for (il_turn *turn = order->first, *next; turn; turn = next) {
    next = turn->next;
    if (turn->lane->suspensions) {
      before = turn;
      continue;
    }
    if (!may_have_turn(order, turn)) return;
    if (before) before->next = next; else order->first = next;
    if (order->last == turn) order->last = before;
    order->turns++;
    order->is_closed = order->is_serial || turn->is_alone;
    il_turn_come(turn);
    if (turn->given) turn->given(s, turn);
  }
}

void il_turn_come(il_turn *turn) {
  il_releases(turn);
  turn->is_given = true;
}

void il_turn_await(il_session *s, il_turn *turn, const void *site) {
  il_await(s, turn, site, IL_WANTS_TURN);
  il_acquired(turn);
}

void il_turn_ask(il_session *s, il_turn *turn) {
  il_lane *order = turn->lane->order;
  turn->next = NULL;
  if (order->last) order->last->next = turn; else order->first = turn;
  order->last = turn;
  il_lane_go_on(s, order);
}

void il_turn_end(il_session *s, il_turn *turn) {
  il_lane *order = turn->lane->order;
  if (!--order->turns) order->is_closed = false;
  il_lane_go_on(s, order);
}

// MARK: - On a queue

struct il_queue_frame {
  il_queue_frame *outer;
  const il_lane *lane;
  bool is_alone;
  il_session *session;
  void *context;
  void (*work)(void *);
  jmp_buf begin;
};

bool il_is_alone_on(const il_session *s, const il_lane *lane) {
  for (const il_queue_frame *f = s->queue_frame; f; f = f->outer)
    if (f->is_alone && f->lane->order == lane->order) return true;
  return false;
}

bool il_is_on_queue(const il_session *s, const void *queue) {
  for (const il_queue_frame *f = s->queue_frame; f; f = f->outer)
    if (f->lane->queue == queue) return true;
  return false;
}

bool il_is_off_main(const il_session *s) {
  return s->queue_frame && !il_lane_is_main(s->queue_frame->lane);
}

static void work_in_frame(void *pointer) {
  il_queue_frame *f = pointer;
  if (_setjmp(f->begin)) return;
  il_current = f->session;
  f->work(f->context);
  il_current = NULL;
}

void il_leave_queues(il_carriers *c) {
  il_queue_frame *innermost = c->session->queue_frame;
  if (innermost) _longjmp(innermost->begin, 1);
  il_carrier_end(c);
}

// To the thread sanitizer, what a queue runs alone comes after all that it ran before, and the rest
// after what it ran alone. Its own book goes by places on the stack, where all steps take turns.
static void begin_in_order(il_lane *order, bool is_alone) {
  if (order->is_root) return;
  il_acquired(order->queue);
  if (is_alone) il_acquired((void **)order->queue + 1);
}

static void end_in_order(il_lane *order, bool is_alone) {
  if (!order->is_root) il_releases((void **)order->queue + !is_alone);
}

void il_do_on_queue(il_session *s, const il_lane *lane, bool is_alone, void *context,
                    void (*work)(void *), const void *site) {
  typedef void (*sync_function)(void *, void *, void (*)(void *));
  static sync_function sync_f, barrier_sync_f;
  if (UNLIKELY(!sync_f)) {
    *(void **)&barrier_sync_f = il_plain_symbol("dispatch_barrier_sync_f");
    *(void **)&sync_f = il_plain_symbol("dispatch_sync_f");
  }
  il_lane *order = lane->order;
  is_alone |= order->is_serial;
  is_alone &= !order->is_root;
  if (is_alone) {
    // A step of an executor that runs its jobs there may be on it.
    il_await(s, order->queue, site, IL_WANTS_LOCK);
    il_note_taken(s, order->queue, IL_HELD_ONCE, false, site);
  }
  il_queue_frame frame = {
      .outer = s->queue_frame, .lane = lane, .is_alone = is_alone, .session = s,
      .context = context, .work = work};
  s->queue_frame = &frame;
  begin_in_order(order, is_alone);
  // What libdispatch does is no step's. Its main queue is the main thread's.
  il_current = NULL;
  if (il_lane_is_main(lane)) work_in_frame(&frame);
  else if (is_alone) barrier_sync_f(lane->queue, &frame, work_in_frame);
  else sync_f(lane->queue, &frame, work_in_frame);
  end_in_order(order, is_alone);
  s->queue_frame = frame.outer;
  if (UNLIKELY(s->carriers->is_over)) il_leave_queues(s->carriers);
  il_current = s;
  if (is_alone) il_note_given(s, order->queue);
}

IL_UNINSTRUMENTED_END
#endif
