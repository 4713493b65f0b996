// Blocks that the steps of a run hand to dispatch queues: each is a task of the run, with a job of
// its own that waits for its turn on the queue.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "blocks.h"
#include "../Carriers/carriers.h"
#include "../Environment/environment.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

IL_UNINSTRUMENTED_BEGIN

#if defined(IL_HAS_CARRIERS)

// MARK: - The code of blocks

extern void *_NSConcreteGlobalBlock[32] __attribute__((weak));

static void do_nothing(void *block) { (void)block; }

static size_t size_of_block(const void *block) {
  return ((const size_t *)((const il_block *)block)->layout)[1];
}

// What `dispatch_block_create` makes: where it holds the block that it was made of, and its flags.
static struct {
  void (*invoke)(void *);
  size_t inner, flags;
} items;
enum { IS_BARRIER = 1, IS_ENFORCED = 0x20, IS_GLOBAL = 1 << 28 };

static bool differ_by(const void *one, const void *other, uintptr_t flag) {
  return ((uintptr_t)one ^ (uintptr_t)other) == flag;
}

static void learn_items(void) {
  IL_FIND(create, "dispatch_block_create", void **(*)(unsigned long, const void *));
  IL_FIND(release, "_Block_release", void (*)(const void *));
  static const size_t layout[] = {0, sizeof(il_block)};
  static il_block empty = {.flags = IS_GLOBAL, .invoke = do_nothing};
  empty.isa = _NSConcreteGlobalBlock;
  empty.layout = (const struct block_layout *)&layout;
  if (!create || !release) return;
  void **plain = create(0, &empty), **barrier = create(IS_BARRIER, &empty);
  void **enforced = create(IS_ENFORCED, &empty);
  // What lies behind an item is anything.
  size_t words = size_of_block(plain) / sizeof *plain;
  unsigned inner = 0, flags = 0;
  for (size_t n = offsetof(il_block, inner) / sizeof *plain; n < words; n++) {
    if (plain[n] == &empty && barrier[n] == &empty && enforced[n] == &empty) {
      items.inner = n;
      inner++;
    } else if (differ_by(plain[n], barrier[n], IS_BARRIER) &&
               differ_by(plain[n], enforced[n], IS_ENFORCED)) {
      items.flags = n;
      flags++;
    }
  }
  if (inner == 1 && flags == 1) items.invoke = ((il_block *)plain)->invoke;
  release(plain);
  release(barrier);
  release(enforced);
}

static bool are_items_known(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, learn_items);
  return items.invoke;
}

static bool is_item(const void *block) {
  return are_items_known() && ((const il_block *)block)->invoke == items.invoke;
}

// The function of the program that a block calls: a closure's stands first in what it holds.
const void *il_code_of_block(const void *block) {
  if (is_item(block)) block = ((void *const *)block)[items.inner];
  const il_block *b = block;
  bool holds_closure = size_of_block(b) >= offsetof(il_block, inner) + 2 * sizeof(void *);
  if (holds_closure && il_code_at(b->inner) == IL_CODE_PROGRAM) return b->inner;
  return (const void *)b->invoke;
}

// MARK: - Jobs

static il_block_job *job_of(il_turn *turn) {
  return (il_block_job *)((char *)turn - offsetof(il_block_job, turn));
}

static void call_block(void *block) { ((const il_block *)block)->invoke(block); }

static void tell_ready(il_session *s, il_block_job *b, il_ready ready) {
  ready.job = b;
  ready.task = b->task;
  ready.resume = b->job.resume;
  ready.priority = il_job_priority(b);
  il_releases(b);
  ready.handlers = il_handlers(s);
  IL_TELL(s, ready, &ready);
}

static void given(il_session *s, il_turn *turn) {
  il_block_job *b = job_of(turn);
  bool is_main = il_lane_is_main(turn->lane);
  tell_ready(s, b, (il_ready){
      .place = is_main ? IL_PLACE_MAIN : IL_PLACE_QUEUE, .executor = is_main ? il_main : b->queue,
      .deadline = -1, .arrival = IL_ARRIVAL_CREATED});
}

void il_block_waits(il_session *s, il_block_job *b) {
  b->is_due = true;
  b->turn.is_given = false;
  il_turn_ask(s, &b->turn);
}

void il_block_waits_until(il_session *s, il_block_job *b, int64_t moment, bool recurs) {
  b->is_due = false;
  tell_ready(s, b, (il_ready){
      .place = IL_PLACE_GLOBAL, .deadline = moment, .arrival = IL_ARRIVAL_TIMER,
      .recurs = recurs});
}

il_block_job *il_make_block(il_session *s, il_block_making making) {
  IL_FIND(retain, "dispatch_retain", void (*)(void *));
  enum { PRIORITY = 0x15 };
  il_block_job *b = calloc(1, sizeof *b);
  if (!b) abort();
  retain(making.lane->queue);
  *b = (il_block_job){
      .job = {.flags = IL_KIND_BLOCK | PRIORITY << 8, .resume = (void *)making.code},
      .queue = making.lane->queue, .context = making.context, .work = making.work,
      .turn = {.lane = making.lane, .given = given}};
  s->creation_caller = NULL;
  s->block_number = making.number ? making.number : ++making.lane->blocks[making.kind];
  s->block_kind = making.kind;
  b->task = il_adopt(s, b, (void *)making.site, (void *)making.code, false);
  s->block_number = 0;
  return b;
}

void il_free_block(il_block_job *b) {
  IL_FIND(release, "dispatch_release", void (*)(void *));
  release(b->queue);
  free(b);
}

static void work_of_job(void *pointer) {
  il_block_job *b = pointer;
  // Who cancels an item that has begun comes too late.
  if (b->work == call_block && is_item(b->context)) il_inside()->carriers->begins_visibly = true;
  b->work(b->context);
}

bool il_run_block(il_session *s, const il_ready *ready) {
  IL_FIND(release, "dispatch_release", void (*)(void *));
  if (UNLIKELY(ready->task->block_kind == IL_BLOCK_THREAD)) {
    il_run_thread(s, ready);
    return true;
  }
  il_block_job *b = ready->job;
  if (b->timer) return il_run_timer(s, b, ready->resume);
  if (!b->is_due) {
    il_block_waits(s, b);
    return false;
  }
  il_do_on_queue(s, b->turn.lane, b->turn.is_alone, b, work_of_job, ready->resume);
  if (b->work == call_block) {
    IL_FIND(release_block, "_Block_release", void (*)(const void *));
    release_block(b->context);
  }
  if (b->group) il_leave_group(b->group, s);
  if (b->done) il_turn_come(b->done);
  il_turn_end(s, &b->turn);
  if (b->group) release(b->group);
  il_free_block(b);
  return true;
}

// MARK: - Handing over

const char *il_queues_obstacle(void) {
  if (il_carriers_obstacle()) return NULL;
  if (!il_lanes_are_known()) return "a dispatch queue does not keep its width and its target";
  return are_items_known() ? NULL : "a work item does not keep its block and its flags";
}

// What is handed over here is the running step's session's: it is the program's own code.
static bool controls(il_session *s, const void *code, const void *caller) {
  return !s->initializing && are_items_known() && il_code_at(code) == IL_CODE_PROGRAM &&
         il_code_at(caller) != IL_CODE_OURS && !il_is_native(s, IL_NATIVE_CODE, code);
}

const void *il_controlled_call(il_session *s, void *caller, void **frame) {
  const void *site = il_program_call(caller, frame);
  return controls(s, site, caller) ? site : NULL;
}

void il_go_on_with_block(il_session *s, il_task *task) { il_block_waits(s, task->job); }

void il_submit_awaited(il_session *s, il_lane *lane, void *context, void (*work)(void *),
                       const void *site, il_turn *done) {
  il_block_job *b = il_make_block(s, (il_block_making){
      .lane = lane, .context = context, .work = work, .code = site, .site = site});
  b->done = done;
  il_block_waits(s, b);
}

static void hand_over(il_session *s, il_block_job *b, int64_t deadline, const void *site) {
  if (deadline > s->now && deadline != INT64_MAX) il_block_waits_until(s, b, deadline, false);
  else if (deadline != INT64_MAX) il_block_waits(s, b);
  il_pass_by(s, IL_POINT_WOKEN, site);
}

bool il_submit_block(void *queue, const void *block, il_submission how, void *caller,
                     void **frame) {
  il_session *s = il_inside();
  if (LIKELY(!s)) return false;
  IL_FIND(copy, "_Block_copy", void *(*)(const void *));
  const void *code = il_code_of_block(block), *site = il_program_call(caller, frame);
  bool is_items = is_item(block);
  il_block_kind kind = IL_BLOCK_PLAIN;
  if (!controls(s, code, caller)) {
    if (s->initializing || !il_is_of_operations(caller, frame)) return false;
    if (is_items || how.is_barrier) kind = IL_BLOCK_OPERATION;
    site = il_call_for_operation(s, block, caller, frame);
    if (site) code = site; else site = code;
  }
  il_lane *lane = il_lane_of(s, queue);
  if (!lane) return false;
  void *kept = copy(block);
  il_reach(s, IL_POINT_SUBMIT, queue, site, IL_WANTS_NOTHING);
  bool is_barrier = is_items && (uintptr_t)((void *const *)block)[items.flags] & IS_BARRIER;
  il_block_job *b = il_make_block(s, (il_block_making){
      .lane = lane, .context = kept, .work = call_block, .code = code, .site = site,
      .kind = kind});
  b->turn.is_alone = how.is_barrier || is_barrier;
  if (how.group) {
    IL_FIND(enter, "dispatch_group_enter", void (*)(void *));
    IL_FIND(retain, "dispatch_retain", void (*)(void *));
    retain(how.group);
    enter(how.group);
    b->group = how.group;
  }
  if (how.awaited && !il_await_group(s, how.awaited, b->task)) return true;
  hand_over(s, b, how.when ? il_deadline_of(s, how.when) : -1, site);
  return true;
}

bool il_submit_work(void *queue, void *context, void (*work)(void *), il_submission how,
                    void *caller, void **frame) {
  il_session *s = il_inside();
  if (LIKELY(!s)) return false;
  il_lane *lane = controls(s, (void *)work, caller) ? il_lane_of(s, queue) : NULL;
  if (!lane) return false;
  const void *site = il_program_call(caller, frame);
  il_reach(s, IL_POINT_SUBMIT, queue, site, IL_WANTS_NOTHING);
  il_block_job *b = il_make_block(s, (il_block_making){
      .lane = lane, .context = context, .work = work, .code = (void *)work, .site = site});
  b->turn.is_alone = how.is_barrier;
  hand_over(s, b, how.when ? il_deadline_of(s, how.when) : -1, site);
  return true;
}

#else

const char *il_queues_obstacle(void) { return NULL; }
bool il_run_block(il_session *s, const il_ready *ready) {
  (void)s, (void)ready;
  return true;
}
bool il_submit_block(void *queue, const void *block, il_submission how, void *caller,
                     void **frame) {
  (void)queue, (void)block, (void)how, (void)caller, (void)frame;
  return false;
}
bool il_submit_work(void *queue, void *context, void (*work)(void *), il_submission how,
                    void *caller, void **frame) {
  (void)queue, (void)context, (void)work, (void)how, (void)caller, (void)frame;
  return false;
}

#endif

const char *il_label_of_queue(void *queue) {
  static const char *(*label)(void *);
  if (UNLIKELY(!label)) *(void **)&label = il_next_symbol("dispatch_queue_get_label");
  const char *known = label ? label(queue) : NULL;
  // Where the queue of some operations lies is no part of its name.
  static const char operations[] = "NSOperationQueue";
  if (known && !strncmp(known, operations, sizeof operations - 1)) return operations;
  return known ? known : "";
}

IL_UNINSTRUMENTED_END
