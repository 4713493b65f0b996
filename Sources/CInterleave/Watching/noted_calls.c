// What a step calls in other libraries, noted while a proof is attempted.
//
// A call of which nothing is known leads to a stub, which notes that a step has come by and
// jumps on.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "watching.h"
#include "noted_calls.h"
#include "storage.h"

#if defined(__linux__) && defined(__x86_64__)
#include <string.h>
#endif

IL_UNINSTRUMENTED_BEGIN

#if defined(__linux__) && defined(__x86_64__)
static atomic_bool is_noting;
static const il_image *program;

void il_note_calls_of(const il_image *images) { program = images; }
void il_note_calls_to_others(bool is_noted) { atomic_store(&is_noting, is_noted); }

bool il_is_own_code(uintptr_t address) {
  if (il_is_code_of_ours((const void *)address)) return true;
  const il_function *from = il_function_at(program, address);
  return from && from->is_own;
}

// Methods of a library's classes are called by the library as well, whose doing is part of
// what the program called.
static bool is_of_program(uintptr_t address) {
  return il_function_at(program, address) || il_is_concurrency_code((void *)address);
}

static il_unseen_kind unseen_by(const il_called *call) {
  switch (call->kind) {
  case IL_CALL_ATOMIC: return IL_UNSEEN_ATOMICS;
  case IL_CALL_LIFETIME:
  case IL_CALL_UNIQUENESS: return IL_UNSEEN_LIFETIME;
  default: return IL_UNSEEN_CALL;
  }
}

// What the runtime offers is handed the object, and what the standard library does a place
// that refers to it.
static bool asks_storage(const il_called *call, const void *argument) {
  return call->kind == IL_CALL_UNIQUENESS &&
         il_is_storage(*call->symbol == '$' ? *(void *const *)argument : argument);
}

__attribute__((used, visibility("hidden"))) void *il_note_call(const il_called *call,
                                                               uintptr_t caller,
                                                               const void *argument) {
  il_session *s = il_current;
  if (LIKELY(!s) || !s->notes_unseen || !s->step_task || s->unseen.kind != IL_UNSEEN_NOTHING ||
      il_is_own_code(caller) || (call->is_method && !is_of_program(caller)) ||
      asks_storage(call, argument)) return call->target;
  s->unseen = (il_unseen){
      .kind = unseen_by(call),
      .place = caller, .function = (uintptr_t)call->target,
      .symbol = call->is_method ? NULL : call->symbol};
  return call->target;
}

static void note(il_unseen_kind kind, const void *function, uintptr_t caller) {
  il_session *s = il_current;
  if (!s || !s->notes_unseen || !s->step_task || s->unseen.kind != IL_UNSEEN_NOTHING || il_is_own_code(caller)) return;
  s->unseen = (il_unseen){.kind = kind, .place = caller, .function = (uintptr_t)function};
}

void il_note_trial(const void *function, const void *caller) {
  if (UNLIKELY(atomic_load_explicit(&is_noting, memory_order_relaxed)))
    note(IL_UNSEEN_TRIAL, function, (uintptr_t)caller);
}

void il_note_outside(const void *function, const void *caller) {
  if (UNLIKELY(atomic_load_explicit(&is_noting, memory_order_relaxed)) &&
      il_function_at(program, (uintptr_t)caller))
    note(IL_UNSEEN_CALL, function, (uintptr_t)caller);
}

// Every register that may carry an argument is kept, in the calling conventions of C and
// Swift, and the first argument is handed on; what follows comes with the call's record in `r11`, which belongs to no caller.
__attribute__((naked)) static void noting(void) {
  __asm__ volatile(
      "pushq %rdi\n pushq %rsi\n pushq %rdx\n pushq %rcx\n pushq %r8\n"
      "pushq %r9\n pushq %rax\n pushq %r10\n subq $136, %rsp\n"
      "movups %xmm0, (%rsp)\n movups %xmm1, 16(%rsp)\n movups %xmm2, 32(%rsp)\n"
      "movups %xmm3, 48(%rsp)\n movups %xmm4, 64(%rsp)\n movups %xmm5, 80(%rsp)\n"
      "movups %xmm6, 96(%rsp)\n movups %xmm7, 112(%rsp)\n"
      "movq %r11, %rdi\n movq 200(%rsp), %rsi\n movq 192(%rsp), %rdx\n callq il_note_call\n movq %rax, %r11\n"
      "movups (%rsp), %xmm0\n movups 16(%rsp), %xmm1\n movups 32(%rsp), %xmm2\n"
      "movups 48(%rsp), %xmm3\n movups 64(%rsp), %xmm4\n movups 80(%rsp), %xmm5\n"
      "movups 96(%rsp), %xmm6\n movups 112(%rsp), %xmm7\n"
      "addq $136, %rsp\n popq %r10\n popq %rax\n popq %r9\n popq %r8\n popq %rcx\n"
      "popq %rdx\n popq %rsi\n popq %rdi\n jmpq *%r11\n");
}

void il_write_stub(const il_called *call) {
  uint8_t *at = call->stub;
  void (*next)(void) = noting;
  memcpy(at, "\x49\xBB", 2);
  memcpy(at + 2, &call, sizeof call);
  memcpy(at + 10, "\xFF\x25\0\0\0\0", 6);
  memcpy(at + 16, &next, sizeof next);
}
#else
void il_note_trial(const void *function, const void *caller) { (void)function, (void)caller; }
void il_note_outside(const void *function, const void *caller) { (void)function, (void)caller; }
bool il_is_own_code(uintptr_t address) {
  (void)address;
  return false;
}
#endif

IL_UNINSTRUMENTED_END
