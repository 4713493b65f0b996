// Stacks for steps, and switching from one to another on the same thread.
//
// What the runtime keeps for each thread goes along: the thread-local blocks of the three
// libraries that know which task runs, on which executor, and what it is amid an access to. So
// each carrier is a thread of its own to them. A loop begins with what they keep for the thread
// itself, as it would without carriers.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "carriers.h"
#include "../Containment/containment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#if defined(IL_HAS_CARRIERS)
#include <sys/mman.h>
#endif

IL_UNINSTRUMENTED_BEGIN

#if defined(IL_HAS_CARRIERS)

// MARK: - What the runtime keeps for each thread

static __thread il_local_block blocks[IL_BLOCKS];
static __thread unsigned long this_thread;
static atomic_ulong threads;

// Finds the blocks of this thread. Its address would not tell it from one that has ended.
static const char *find_blocks(void) {
  if (!this_thread) {
    static const char *const names[IL_BLOCKS] = {
        "libswift_Concurrency.so", "libswiftCore.so", "libdispatch.so"};
    for (int n = 0; n < IL_BLOCKS; n++) blocks[n] = il_block_of_thread(names[n]);
    this_thread = atomic_fetch_add(&threads, 1) + 1;
  }
  size_t total = 0;
  for (int n = 0; n < IL_BLOCKS; n++) {
    if (!blocks[n].memory)
      return "what the Swift runtime keeps for each thread is not where it is looked for";
    total += blocks[n].size;
  }
  return total > IL_BLOCK_BYTES ? "the Swift runtime keeps more for each thread than is expected"
                                : NULL;
}

static void save_blocks(uint8_t *to) {
  for (int n = 0; n < IL_BLOCKS; n++) {
    memcpy(to, blocks[n].memory, blocks[n].size);
    to += blocks[n].size;
  }
}

static void load_blocks(const uint8_t *from) {
  for (int n = 0; n < IL_BLOCKS; n++) {
    memcpy(blocks[n].memory, from, blocks[n].size);
    from += blocks[n].size;
  }
}

// MARK: - Switching

// Leaves one stack, keeping where it goes on, for another; what a callee must keep is kept.
void il_switch_stacks(void **left, void *entered);
#if defined(__x86_64__)
enum { SAVED_WORDS = 7 };
__asm__(".pushsection " IL_CODE_SECTION ",\"ax\",@progbits\n"
        ".globl il_switch_stacks\n.hidden il_switch_stacks\n"
        ".type il_switch_stacks,@function\n"
        "il_switch_stacks:\n"
        "  pushq %rbp\n  pushq %rbx\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n"
        "  subq $8, %rsp\n  stmxcsr (%rsp)\n  fnstcw 4(%rsp)\n"
        "  movq %rsp, (%rdi)\n  movq %rsi, %rsp\n"
        "  ldmxcsr (%rsp)\n  fldcw 4(%rsp)\n  addq $8, %rsp\n"
        "  popq %r15\n  popq %r14\n  popq %r13\n  popq %r12\n  popq %rbx\n  popq %rbp\n"
        "  retq\n"
        ".size il_switch_stacks, .-il_switch_stacks\n.popsection\n");
#else
__asm__(".pushsection " IL_CODE_SECTION ",\"ax\",@progbits\n"
        ".globl il_switch_stacks\n.hidden il_switch_stacks\n"
        ".type il_switch_stacks,@function\n"
        "il_switch_stacks:\n"
        "  sub sp, sp, #176\n"
        "  stp x19, x20, [sp]\n  stp x21, x22, [sp, #16]\n  stp x23, x24, [sp, #32]\n"
        "  stp x25, x26, [sp, #48]\n  stp x27, x28, [sp, #64]\n  stp x29, x30, [sp, #80]\n"
        "  stp d8, d9, [sp, #96]\n  stp d10, d11, [sp, #112]\n"
        "  stp d12, d13, [sp, #128]\n  stp d14, d15, [sp, #144]\n"
        "  mrs x9, fpcr\n  str x9, [sp, #160]\n"
        "  mov x9, sp\n  str x9, [x0]\n  mov sp, x1\n"
        "  ldr x9, [sp, #160]\n  msr fpcr, x9\n"
        "  ldp x19, x20, [sp]\n  ldp x21, x22, [sp, #16]\n  ldp x23, x24, [sp, #32]\n"
        "  ldp x25, x26, [sp, #48]\n  ldp x27, x28, [sp, #64]\n  ldp x29, x30, [sp, #80]\n"
        "  ldp d8, d9, [sp, #96]\n  ldp d10, d11, [sp, #112]\n"
        "  ldp d12, d13, [sp, #128]\n  ldp d14, d15, [sp, #144]\n"
        "  add sp, sp, #176\n  ret\n"
        ".size il_switch_stacks, .-il_switch_stacks\n.popsection\n");
#endif

// The carrier that is being entered.
static __thread il_carrier *entered;

static __attribute__((noinline)) void switch_to(il_carrier *from, il_carrier *to) {
  int error = errno;
  save_blocks(from->blocks);
  load_blocks(to->blocks);
  if (UNLIKELY(from->owner->has_values)) il_values_switch(from, to);
  from->owner->current = to;
  // A stack that overflows is told by where the one that runs begins.
  il_guard_exchange_stack(&from->stack_begin, to->stack_begin);
  entered = to;
  void *stack_pointer = to->stack_pointer;
  to->stack_pointer = NULL;
  il_fiber_enter_stack(to->fiber);
  il_switch_stacks(&from->stack_pointer, stack_pointer);
  errno = error;
}

// The first function on a carrier's stack: nobody called it.
static void run_loops(void) {
  il_carrier *me = entered;
  il_carriers *c = me->owner;
  for (;;) {
    load_blocks(c->home.blocks);
    il_carrier *next = c->session->callbacks.loop(c->session->context);
    me->next = c->free;
    c->free = me;
    c->free_count++;
    switch_to(me, next ? next : &c->home);
  }
}

// MARK: - Stacks

enum { STACK = IL_CARRIER_STACK, GUARD = 64 << 10 };
// How many stacks that are not in use are kept from run to run.
enum { KEPT = 16 };

static il_carrier *make(il_carriers *c) {
  char *memory = mmap(NULL, GUARD + STACK, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) return NULL;
  il_carrier *made = calloc(1, sizeof *made);
  if (!made || mprotect(memory, GUARD, PROT_NONE)) {
    free(made);
    munmap(memory, GUARD + STACK);
    return NULL;
  }
  made->owner = c;
  made->memory = memory;
  made->stack_begin = (uintptr_t)memory + GUARD;
  memcpy(made->blocks, c->home.blocks, sizeof made->blocks);
  uintptr_t *top = (uintptr_t *)(memory + GUARD + STACK);
#if defined(__x86_64__)
  // Whoever walks along the calls finds no caller of the first function.
  *--top = 0;
  *--top = (uintptr_t)run_loops;
  top -= SAVED_WORDS;
  __asm__ volatile("stmxcsr (%0)\n fnstcw 4(%0)" : : "r"(top) : "memory");
#else
  top -= 22;
  top[11] = (uintptr_t)run_loops;
  __asm__ volatile("mrs %0, fpcr" : "=r"(top[20]));
#endif
  made->stack_pointer = top;
  return made;
}

static void unmake(il_carrier *carrier) {
  // Of another process's, there is nothing left here.
  if (carrier->owner->is_forked == il_is_forked) il_fiber_free(carrier->fiber);
  munmap(carrier->memory, GUARD + STACK);
  free(carrier);
}

static void keep_free(il_carriers *c, size_t count) {
  while (c->free_count > count) {
    il_carrier *last = c->free;
    c->free = last->next;
    c->free_count--;
    unmake(last);
  }
}

// What is parked when a run is over never goes on, and neither does any other step. Its stack is
// given back, unless somebody else may know what is on it.
static void unmake_parked(il_carriers *c) {
  if (c->session->has_escaped || c->session->errands) return;
  for (il_carrier *parked = c->first_parked, *next; parked; parked = next) {
    next = parked->next;
    unmake(parked);
  }
  c->first_parked = NULL;
}

bool il_carriers_have_spare(il_carriers *c) {
  if (c->free) return true;
  c->free = make(c);
  c->free_count = c->free != NULL;
  return c->free != NULL;
}

static il_carrier *take_spare(il_carriers *c) {
  il_carrier *taken = c->free;
  c->free = taken->next;
  c->free_count--;
  if (UNLIKELY(il_has_fibers) && !taken->fiber) taken->fiber = il_fiber_of_stack();
  return taken;
}

// MARK: - Steps

void il_carriers_begin_step(il_carriers *c) {
  c->number = ++c->last_step;
  c->operations = c->runtime_locks = c->locks = 0;
  c->vain_trials = c->passed = c->passed_more = c->waited = 0;
  c->begins_visibly = false;
  c->last_site = NULL;
  c->turning = (il_turning){0};
  memset(c->kinds, 0, sizeof c->kinds);
}

void il_carriers_end_step(il_carriers *c) {
  if (LIKELY(!c->locks)) return;
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
      .vain_trials = c->vain_trials, .passed = c->passed, .passed_more = c->passed_more,
      .queue_frame = s->queue_frame,
      .number = c->number, .operations = c->operations, .runtime_locks = c->runtime_locks,
      .locks = c->locks, .last_site = c->last_site, .waited = c->waited};
  memcpy(kept->kinds, c->kinds, sizeof kept->kinds);
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
  c->number = kept->number;
  c->operations = kept->operations;
  c->runtime_locks = kept->runtime_locks;
  c->vain_trials = kept->vain_trials;
  c->passed = kept->passed;
  c->passed_more = kept->passed_more;
  c->waited = kept->waited;
  c->locks = kept->locks;
  c->last_site = kept->last_site;
  // Others have been there: it begins to count anew.
  c->turning = (il_turning){0};
  memcpy(c->kinds, kept->kinds, sizeof c->kinds);
}

void il_carrier_leave(il_carriers *c, il_carrier *next) {
  il_session *s = c->session;
  il_carrier *me = c->current;
  keep_step(c, &me->step);
  go_on_with_step(c, &(il_step_state){0});
  c->parked++;
  c->solitary += me->want == IL_WANTS_SOLITUDE;
  c->parked_locks += me->step.locks;
  me->next = c->first_parked;
  c->first_parked = me;
  il_step_edge(s);
  switch_to(me, next ? next : take_spare(c));
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
  c->parked_locks -= me->step.locks;
  go_on_with_step(c, &me->step);
  il_step_edge(s);
}

void il_carrier_end(il_carriers *c) { switch_to(c->current, &c->home); }

// What is parked never goes on. Others may use the queues that it is on.
static void leave_all_queues(il_carriers *c) {
  c->is_over = true;
  for (il_carrier *parked = c->first_parked, *next; parked; parked = next) {
    next = parked->next;
    if (parked->step.queue_frame) switch_to(&c->home, parked);
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

// There are few fibers: see `il_fiber_wait_for_few`.
static void give_back_fibers(il_carriers *c) {
  if (LIKELY(!il_has_fibers) || c->is_forked != il_is_forked) return;
  for (il_carrier *spare = c->free; spare; spare = spare->next) {
    il_fiber_free(spare->fiber);
    spare->fiber = NULL;
  }
}

// MARK: - Runs

const char *il_carriers_obstacle(void) {
  if (il_has_address_sanitizer()) return "the address sanitizer takes each thread to have one stack";
  if (il_has_thread_sanitizer() && !il_has_fibers)
    return "the thread sanitizer takes each thread to have one stack";
  return find_blocks();
}

bool il_carriers_run(il_session *s, il_points points) {
  if (find_blocks()) return false;
  il_carriers *c = s->idle_carriers;
  if (c && (c->thread != this_thread || c->is_forked != il_is_forked)) {
    // Code that was left on another thread goes on with what is that thread's.
    il_carriers_drop(s);
    c = NULL;
  }
  if (!c) {
    c = s->idle_carriers = calloc(1, sizeof *c);
    if (!c) return false;
    c->session = s;
    c->thread = this_thread;
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
  // The thread sanitizer hides them.
  s->heeds_atomics = !c->home.fiber;
  il_values_begin(c);
  switch_to(&c->home, take_spare(c));
  if (UNLIKELY(c->first_parked != NULL)) leave_all_queues(c);
  il_values_end(c);
  if (c->parked) {
    il_give_back_all(c);
    give_up_parked(c);
    unmake_parked(c);
  }
  s->carriers = NULL;
  s->heeds_atomics = false;
  keep_free(c, KEPT);
  give_back_fibers(c);
  return true;
}

void il_carriers_drop(il_session *s) {
  il_carriers *c = s->idle_carriers;
  s->carriers = s->idle_carriers = NULL;
  s->heeds_atomics = false;
  if (!c) return;
  give_up_parked(c);
  keep_free(c, 0);
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
