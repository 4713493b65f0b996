// Whether whoever comes by an instruction that is watched is told of, and finds all as it was.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sites.h"

#if defined(__linux__) && defined(__x86_64__)
#include <string.h>

IL_UNINSTRUMENTED_BEGIN

// Code that is the program's to those who look for such. It fills registers from what it is given,
// exchanges a word for 7, and returns what it finds in them then.
enum { VALUES = 16 };
void il_probe_exchange(uint64_t *words, uint64_t *values) __attribute__((visibility("hidden")));
// The same with a byte, by an instruction of two.
unsigned il_probe_byte(uint8_t *byte) __attribute__((visibility("hidden")));
// Adds 5 to what is on the stack, and to a word that is known by its distance.
uint64_t il_probe_near(uint64_t value) __attribute__((visibility("hidden")));
uint64_t il_probe_word __attribute__((visibility("hidden")));
__asm__(".pushsection .text.il_probes,\"ax\",@progbits\n"
        ".globl il_probe_exchange\n.hidden il_probe_exchange\n"
        ".type il_probe_exchange,@function\n"
        "il_probe_exchange:\n"
        "  pushq %rbx\n  pushq %rbp\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n"
        "  movq 16(%rsi), %rdx\n  movq 24(%rsi), %rbx\n  movq 40(%rsi), %rbp\n"
        "  movq 64(%rsi), %r8\n  movq 72(%rsi), %r9\n  movq 80(%rsi), %r10\n"
        "  movq 88(%rsi), %r11\n  movq 96(%rsi), %r12\n  movq 104(%rsi), %r13\n"
        "  movq 112(%rsi), %r14\n  movq 120(%rsi), %r15\n"
        "  movq %r8, %xmm0\n  movq %r9, %xmm15\n"
        "  movq %r10, -128(%rsp)\n"
        "  movl $1, %ecx\n  movl $7, %eax\n  stc\n"
        "  xchgq %rax, 8(%rdi,%rcx,8)\n"
        "  movq %rax, 0(%rsi)\n"
        "  setc 8(%rsi)\n"
        "  movq %rdx, 16(%rsi)\n  movq %rbx, 24(%rsi)\n  movq %rcx, 32(%rsi)\n"
        "  movq %rbp, 40(%rsi)\n  movq %xmm0, 48(%rsi)\n  movq %xmm15, 56(%rsi)\n"
        "  movq %r8, 64(%rsi)\n  movq %r9, 72(%rsi)\n  movq -128(%rsp), %r10\n"
        "  movq %r10, 80(%rsi)\n"
        "  movq %r11, 88(%rsi)\n  movq %r12, 96(%rsi)\n  movq %r13, 104(%rsi)\n"
        "  movq %r14, 112(%rsi)\n  movq %r15, 120(%rsi)\n"
        "  popq %r15\n  popq %r14\n  popq %r13\n  popq %r12\n  popq %rbp\n  popq %rbx\n"
        "  retq\n"
        ".size il_probe_exchange, .-il_probe_exchange\n"
        ".globl il_probe_byte\n.hidden il_probe_byte\n.type il_probe_byte,@function\n"
        "il_probe_byte:\n"
        "  movl $7, %eax\n"
        "  xchgb %al, (%rdi)\n"
        "  movzbl %al, %eax\n  retq\n"
        ".size il_probe_byte, .-il_probe_byte\n"
        ".globl il_probe_near\n.hidden il_probe_near\n.type il_probe_near,@function\n"
        "il_probe_near:\n"
        "  pushq %rdi\n"
        "  lock addq $5, (%rsp)\n"
        "  lock addq $5, il_probe_word(%rip)\n"
        "  popq %rax\n  retq\n"
        ".size il_probe_near, .-il_probe_near\n.popsection\n");

static struct {
  const il_session *session;
  il_atomic last;
  unsigned count;
  // Who is told of all others.
  il_atomic_hook others;
} told;

static void note_told(il_session *session, const il_atomic *atomic) {
  if (session != told.session) {
    if (told.others) told.others(session, atomic);
    return;
  }
  told.last = *atomic;
  told.count++;
  // A call may change all this.
  __asm__ volatile("xorl %%eax, %%eax\n movq %%rax, %%xmm0\n movq %%rax, %%xmm15\n"
                   "movq %%rax, %%r8\n movq %%rax, %%r9\n movq %%rax, %%r10\n movq %%rax, %%r11\n"
                   "movl %%eax, %%edx\n movl %%eax, %%ecx\n clc"
                   : : : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "xmm0", "xmm15", "cc",
                         "memory");
}

static bool lies_in(const void *place, const void *function) {
  return (uintptr_t)place - (uintptr_t)function < 256;
}

static const char *probe(il_session *s) {
  uint64_t words[3] = {1, 2, 3}, values[VALUES], expected[VALUES];
  for (uint64_t n = 0; n < VALUES; n++) values[n] = expected[n] = 1000 + n;
  il_probe_exchange(words, values);
  expected[0] = 3;
  expected[1] = 1;
  expected[4] = 1;
  expected[6] = expected[8];
  expected[7] = expected[9];
  values[1] &= 0xFF;
  if (words[2] != 7 || memcmp(values, expected, sizeof values))
    return "code does not find its registers as it left them where an instruction is watched";
  if (told.count != 1 || told.last.word != &words[2] || told.last.width != 8 ||
      !lies_in(told.last.place, (void *)il_probe_exchange))
    return "a step that comes to an atomic instruction is not told of";
  if (s->unseen.kind != IL_UNSEEN_ATOMICS || s->unseen.function != (uintptr_t)il_probe_exchange)
    return "a step that enters a function which is watched is not told of";
  uint8_t byte = 3;
  il_probe_word = 10;
  bool is_right = il_probe_byte(&byte) == 3 && byte == 7;
  is_right = is_right && il_probe_near(20) == 25 && il_probe_word == 15;
  if (!is_right || told.last.word != &il_probe_word || told.count < 3)
    return "an atomic instruction does something else where it is watched";
  return NULL;
}

const char *il_probe_sites(void) {
  il_session session = {.heeds_atomics = true, .heeds_entries = true, .notes_unseen = true};
  il_session *current = il_current;
  told.session = &session;
  told.count = 0;
  told.others = il_atomics_hook();
  il_hook_atomics(note_told);
  il_current = &session;
  const char *wrong = probe(&session);
  il_current = current;
  il_hook_atomics(told.others);
  return wrong;
}

IL_UNINSTRUMENTED_END
#endif
