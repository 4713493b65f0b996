// Which calls of a step that hangs return, noted without stopping it.
//
// What a call returns to is a word on the stack. While a call is watched, that word leads here:
// the return is noted, and goes on to where it was to go. Nothing else can tell a function that
// does not return from one that a loop calls again and again.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "guard.h"

IL_UNINSTRUMENTED_BEGIN

#if defined(__linux__) && defined(__x86_64__)
// The guard of this thread, which is found without a call.
static __thread il_guard *watching __attribute__((tls_model("initial-exec")));

// Notes that a call returns by the word at `slot`, and tells where it goes on.
__attribute__((used, visibility("hidden"))) uintptr_t il_note_return(uintptr_t *slot) {
  uintptr_t end = (uintptr_t)(slot + 1);
  if (end > watching->returned) watching->returned = end;
  size_t n = 0;
  while (watching->returns[n].slot != slot) n++;
  return watching->returns[n].back;
}

// A function may return in any register, and callers of some know which others are kept.
__attribute__((naked)) static void returning(void) {
  __asm__ volatile(
      "subq $8, %rsp\n pushfq\n pushq %rax\n pushq %rcx\n pushq %rdx\n pushq %rsi\n"
      "pushq %rdi\n pushq %r8\n pushq %r9\n pushq %r10\n pushq %r11\n subq $264, %rsp\n"
      "movups %xmm0, (%rsp)\n movups %xmm1, 16(%rsp)\n movups %xmm2, 32(%rsp)\n"
      "movups %xmm3, 48(%rsp)\n movups %xmm4, 64(%rsp)\n movups %xmm5, 80(%rsp)\n"
      "movups %xmm6, 96(%rsp)\n movups %xmm7, 112(%rsp)\n movups %xmm8, 128(%rsp)\n"
      "movups %xmm9, 144(%rsp)\n movups %xmm10, 160(%rsp)\n movups %xmm11, 176(%rsp)\n"
      "movups %xmm12, 192(%rsp)\n movups %xmm13, 208(%rsp)\n movups %xmm14, 224(%rsp)\n"
      "movups %xmm15, 240(%rsp)\n"
      "leaq 344(%rsp), %rdi\n callq il_note_return\n movq %rax, 344(%rsp)\n"
      "movups (%rsp), %xmm0\n movups 16(%rsp), %xmm1\n movups 32(%rsp), %xmm2\n"
      "movups 48(%rsp), %xmm3\n movups 64(%rsp), %xmm4\n movups 80(%rsp), %xmm5\n"
      "movups 96(%rsp), %xmm6\n movups 112(%rsp), %xmm7\n movups 128(%rsp), %xmm8\n"
      "movups 144(%rsp), %xmm9\n movups 160(%rsp), %xmm10\n movups 176(%rsp), %xmm11\n"
      "movups 192(%rsp), %xmm12\n movups 208(%rsp), %xmm13\n movups 224(%rsp), %xmm14\n"
      "movups 240(%rsp), %xmm15\n"
      "addq $264, %rsp\n popq %r11\n popq %r10\n popq %r9\n popq %r8\n popq %rdi\n"
      "popq %rsi\n popq %rdx\n popq %rcx\n popq %rax\n popfq\n retq\n"
      ".globl il_returning_end\n .hidden il_returning_end\n il_returning_end:\n");
}
extern const char il_returning_end[] __attribute__((visibility("hidden")));

bool il_is_returning(void *context) {
  uintptr_t pc = il_program_counter(context), begin = (uintptr_t)&returning;
  return (pc >= begin && pc < (uintptr_t)il_returning_end) ||
         il_function_start(pc) == (uintptr_t)&il_note_return;
}

void il_watch_returns(il_guard *g, const il_stop *stop, void *context) {
  uintptr_t begin = il_stack_pointer(context), end = (uintptr_t)il_current->step_frame;
  watching = g;
  g->return_count = 0;
  for (size_t n = 0; n + 1 < stop->frame_count; n++) {
    uintptr_t *slot = (uintptr_t *)stop->ends[n] - 1, back = stop->frames[n + 1] + 1;
    // Only what holds the very address is what the call returns to.
    if ((uintptr_t)slot < begin || (uintptr_t)slot >= end || *slot != back) continue;
    g->returns[g->return_count++] = (il_return){slot, back};
    *slot = (uintptr_t)&returning;
  }
}

bool il_release_returns(il_guard *g) {
  bool was_watched = g->return_count;
  for (size_t n = 0; n < g->return_count; n++)
    if (*g->returns[n].slot == (uintptr_t)&returning) *g->returns[n].slot = g->returns[n].back;
  g->return_count = 0;
  return was_watched;
}
#else
void il_watch_returns(il_guard *g, const il_stop *stop, void *context) {
  (void)g, (void)stop, (void)context;
}
bool il_release_returns(il_guard *g) {
  (void)g;
  return false;
}
bool il_is_returning(void *context) {
  (void)context;
  return false;
}
#endif

IL_UNINSTRUMENTED_END
