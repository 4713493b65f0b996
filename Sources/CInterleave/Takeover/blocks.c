// Blocks that the steps of a run hand to dispatch queues: each is a task of the run, with a job of
// its own that waits for its turn on the queue.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "takeover.h"
#include "../Carriers/carriers.h"
#include "../Environment/environment.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

IL_UNINSTRUMENTED_BEGIN

#if defined(IL_HAS_CARRIERS)

#define REAL(name, symbol, type)                                                  \
  static __typeof__(type) name;                                                   \
  if (UNLIKELY(!name)) *(void **)&name = il_next_symbol(symbol)

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
  REAL(create, "dispatch_block_create", void **(*)(unsigned long, const void *));
  REAL(release, "_Block_release", void (*)(const void *));
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
static const void *code_of_block(const void *block) {
  if (is_item(block)) block = ((void *const *)block)[items.inner];
  const il_block *b = block;
  bool holds_closure = size_of_block(b) >= offsetof(il_block, inner) + 2 * sizeof(void *);
  if (holds_closure && il_code_at(b->inner) == IL_CODE_PROGRAM) return b->inner;
  return (const void *)b->invoke;
}

// MARK: - Jobs

// As much like a job of the runtime's as a session needs.
typedef struct {
  il_job job;
  il_turn turn;
  il_task *task;
  void *queue, *context;
  void (*work)(void *);
  // What is left when it is done, and who waits for that.
  void *group;
  il_turn *done;
  // It waits for nothing but its turn.
  bool is_due;
} block_job;

static block_job *job_of(il_turn *turn) {
  return (block_job *)((char *)turn - offsetof(block_job, turn));
}

static void call_block(void *block) { ((const il_block *)block)->invoke(block); }

static void tell_ready(il_session *s, block_job *b, il_place place, void *executor,
                       int64_t deadline) {
  il_ready ready = {
      .job = b, .task = b->task, .executor = executor, .resume = b->job.resume,
      .deadline = deadline, .place = place, .priority = il_job_priority(b),
      .arrival = deadline >= 0 ? IL_ARRIVAL_TIMER : IL_ARRIVAL_CREATED};
  IL_TELL(s, ready, &ready);
}

static void given(il_session *s, il_turn *turn) {
  block_job *b = job_of(turn);
  bool is_main = il_lane_is_main(turn->lane);
  tell_ready(s, b, is_main ? IL_PLACE_MAIN : IL_PLACE_QUEUE, is_main ? il_main : b->queue, -1);
}

static void wait_for_turn(il_session *s, block_job *b) {
  b->is_due = true;
  il_turn_ask(s, &b->turn);
}

static block_job *make(il_session *s, il_lane *lane, void *queue, void *context,
                       void (*work)(void *), const void *code, const void *site) {
  REAL(retain, "dispatch_retain", void (*)(void *));
  enum { PRIORITY = 0x15 };
  block_job *b = calloc(1, sizeof *b);
  if (!b) abort();
  retain(queue);
  *b = (block_job){
      .job = {.flags = IL_KIND_BLOCK | PRIORITY << 8, .resume = (void *)code}, .queue = queue,
      .context = context, .work = work, .turn = {.lane = lane, .given = given}};
  s->creation_caller = NULL;
  s->block_number = ++lane->blocks;
  b->task = il_adopt(s, b, (void *)site, (void *)code, false);
  s->block_number = 0;
  return b;
}

static void work_of_job(void *pointer) {
  block_job *b = pointer;
  b->work(b->context);
}

bool il_run_block(il_session *s, const il_ready *ready) {
  REAL(release, "dispatch_release", void (*)(void *));
  block_job *b = ready->job;
  if (!b->is_due) {
    wait_for_turn(s, b);
    return false;
  }
  il_do_on_queue(s, b->turn.lane, b->turn.is_alone, b, work_of_job, ready->resume);
  if (b->work == call_block) {
    REAL(release_block, "_Block_release", void (*)(const void *));
    release_block(b->context);
  }
  if (b->group) il_leave_group(b->group, s);
  if (b->done) b->done->is_given = true;
  il_turn_end(s, &b->turn);
  if (b->group) release(b->group);
  release(b->queue);
  free(b);
  return true;
}

// MARK: - Handing over

const char *il_queues_obstacle(void) {
  if (il_carriers_obstacle()) return NULL;
  if (!il_lanes_are_known()) return "a dispatch queue does not keep its width and its target";
  return are_items_known() ? NULL : "a work item does not keep its block and its flags";
}

// The session that controls what is handed over here: it is the program's own code.
static il_session *controller(const void *code, const void *caller) {
  il_session *s = il_inside();
  bool is_controlled = UNLIKELY(s != NULL) && !s->initializing && are_items_known() &&
                       il_code_at(code) == IL_CODE_PROGRAM && il_code_at(caller) != IL_CODE_OURS;
  return is_controlled ? s : NULL;
}

void il_go_on_with_block(il_session *s, il_task *task) { wait_for_turn(s, task->job); }

void il_submit_awaited(il_session *s, il_lane *lane, void *context, void (*work)(void *),
                       const void *site, il_turn *done) {
  block_job *b = make(s, lane, lane->queue, context, work, site, site);
  b->done = done;
  wait_for_turn(s, b);
}

static void hand_over(il_session *s, block_job *b, int64_t deadline, const void *site) {
  if (deadline > s->now && deadline != INT64_MAX)
    tell_ready(s, b, IL_PLACE_GLOBAL, NULL, deadline);
  else if (deadline != INT64_MAX) wait_for_turn(s, b);
  il_pass_by(s, IL_POINT_WOKEN, site);
}

bool il_submit_block(void *queue, const void *block, il_submission how, void *caller,
                     void **frame) {
  const void *code = LIKELY(!il_current) ? NULL : code_of_block(block);
  il_session *s = code ? controller(code, caller) : NULL;
  il_lane *lane = s ? il_lane_of(s, queue) : NULL;
  if (LIKELY(!lane)) return false;
  REAL(copy, "_Block_copy", void *(*)(const void *));
  const void *site = il_program_call(caller, frame);
  void *kept = copy(block);
  il_reach(s, IL_POINT_SUBMIT, queue, site, IL_WANTS_NOTHING);
  bool is_barrier = is_item(block) && (uintptr_t)((void *const *)block)[items.flags] & IS_BARRIER;
  block_job *b = make(s, lane, queue, kept, call_block, code, site);
  b->turn.is_alone = how.is_barrier || is_barrier;
  if (how.group) {
    REAL(enter, "dispatch_group_enter", void (*)(void *));
    REAL(retain, "dispatch_retain", void (*)(void *));
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
  il_session *s = LIKELY(!il_current) ? NULL : controller((void *)work, caller);
  il_lane *lane = s ? il_lane_of(s, queue) : NULL;
  if (LIKELY(!lane)) return false;
  const void *site = il_program_call(caller, frame);
  il_reach(s, IL_POINT_SUBMIT, queue, site, IL_WANTS_NOTHING);
  block_job *b = make(s, lane, queue, context, work, (void *)work, site);
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
  return known ? known : "";
}

IL_UNINSTRUMENTED_END
