// Stacks for steps, and switching from one to another on the same thread.
//
// What the runtime keeps for each thread goes along: the thread-local blocks of the three
// libraries that know which task runs, on which executor, and what it is amid an access to. So
// each carrier is a thread of its own to them. A loop begins with what they keep for the thread
// itself, as it would without carriers.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "stacks.h"
#include "../Containment/containment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#if defined(IL_HAS_CARRIERS)
#include <sys/mman.h>

IL_UNINSTRUMENTED_BEGIN

// MARK: - What the runtime keeps for each thread

static __thread il_local_block blocks[IL_BLOCKS];
static __thread unsigned long this_thread;
static atomic_ulong threads;

const char *il_find_blocks(void) {
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

unsigned long il_number_of_thread(void) { return this_thread; }

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

__attribute__((noinline)) void il_switch_carriers(il_carrier *from, il_carrier *to) {
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
    il_switch_carriers(me, next ? next : &c->home);
  }
}

// MARK: - Stacks

enum { STACK = IL_CARRIER_STACK, GUARD = 64 << 10 };

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

void il_carrier_unmake(il_carrier *carrier) {
  // Of another process's, there is nothing left here.
  if (carrier->owner->is_forked == il_is_forked) il_fiber_free(carrier->fiber);
  munmap(carrier->memory, GUARD + STACK);
  free(carrier);
}

void il_carriers_keep_free(il_carriers *c, size_t count) {
  while (c->free_count > count) {
    il_carrier *last = c->free;
    c->free = last->next;
    c->free_count--;
    il_carrier_unmake(last);
  }
}

bool il_carriers_have_spare(il_carriers *c) {
  if (c->free) return true;
  c->free = make(c);
  c->free_count = c->free != NULL;
  return c->free != NULL;
}

il_carrier *il_carriers_take_spare(il_carriers *c) {
  il_carrier *taken = c->free;
  c->free = taken->next;
  c->free_count--;
  if (UNLIKELY(il_has_fibers) && !taken->fiber) taken->fiber = il_fiber_of_stack();
  return taken;
}

IL_UNINSTRUMENTED_END

#endif
