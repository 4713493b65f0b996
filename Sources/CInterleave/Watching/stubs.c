// Writing stubs.
//
// A stub first looks whether the thread runs a step that wants to know, which takes some
// nanoseconds and leaves flags and registers alone. If so, it keeps all of them, and tells. To
// whoever walks along the calls then, it is as if the instruction had been a call.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "stubs.h"

#if defined(__linux__) && defined(__x86_64__)
#include <cpuid.h>
#include <stddef.h>
#include <string.h>

IL_UNINSTRUMENTED_BEGIN

// MARK: - What is kept

// The parts of a thread's state that calls may change: x87, SSE, AVX and its extensions.
enum { KEPT_STATE = 0xE7, STATE_SIZE = 2752 };

uint32_t il_kept_state __attribute__((visibility("hidden")));
// The processor leaves out what is as it was at first.
bool il_keeps_short __attribute__((visibility("hidden")));

// Tells who came by, and goes back. The stub has left below the red zone of whoever came by: the
// register that has the number of the site now, where to go on, and the address behind the
// instruction. That is where the call seems to come from, so the directives say.
void il_tell_site(void) __attribute__((visibility("hidden")));
__asm__(".pushsection " IL_CODE_SECTION ",\"ax\",@progbits\n"
        ".globl il_tell_site\n.hidden il_tell_site\n.type il_tell_site,@function\n"
        "il_tell_site:\n"
        "  .cfi_startproc\n"
        "  .cfi_def_cfa %rsp, 152\n  .cfi_offset %rip, -152\n"
        "  pushq %rbp\n"
        "  .cfi_def_cfa_offset 160\n  .cfi_offset %rbp, -160\n"
        "  movq %rsp, %rbp\n"
        "  .cfi_def_cfa_register %rbp\n"
        "  pushfq\n"
        "  leaq -128(%rsp), %rsp\n"
        "  movq %rax, 0(%rsp)\n  movq %rdx, 16(%rsp)\n  movq %rbx, 24(%rsp)\n"
        "  .cfi_offset %rbx, -272\n"
        "  movq 24(%rbp), %rax\n  movq %rax, 8(%rsp)\n"
        "  leaq 160(%rbp), %rax\n  movq %rax, 32(%rsp)\n"
        "  movq 0(%rbp), %rax\n  movq %rax, 40(%rsp)\n"
        "  movq %rsi, 48(%rsp)\n  movq %rdi, 56(%rsp)\n"
        "  movq %r8, 64(%rsp)\n  movq %r9, 72(%rsp)\n  movq %r10, 80(%rsp)\n"
        "  movq %r11, 88(%rsp)\n  movq %r12, 96(%rsp)\n  movq %r13, 104(%rsp)\n"
        "  movq %r14, 112(%rsp)\n  movq %r15, 120(%rsp)\n"
        "  movq %rsp, %rbx\n"
        "  subq $2752, %rsp\n  andq $-64, %rsp\n"
        "  xorl %edx, %edx\n"
        "  movq %rdx, 512(%rsp)\n  movq %rdx, 520(%rsp)\n  movq %rdx, 528(%rsp)\n"
        "  movq %rdx, 536(%rsp)\n  movq %rdx, 544(%rsp)\n  movq %rdx, 552(%rsp)\n"
        "  movq %rdx, 560(%rsp)\n  movq %rdx, 568(%rsp)\n"
        "  movl il_kept_state(%rip), %eax\n"
        "  cmpb $0, il_keeps_short(%rip)\n  je 1f\n"
        "  xsavec64 (%rsp)\n  jmp 2f\n"
        "1:xsave64 (%rsp)\n2:"
        "  cld\n"
        "  movl %ecx, %edi\n  movq %rbx, %rsi\n"
        "  callq il_site_reached\n"
        "  movl il_kept_state(%rip), %eax\n  xorl %edx, %edx\n"
        "  xrstor64 (%rsp)\n"
        "  movq %rbx, %rsp\n"
        "  movq 0(%rsp), %rax\n  movq 16(%rsp), %rdx\n  movq 24(%rsp), %rbx\n"
        "  .cfi_restore %rbx\n"
        "  movq 48(%rsp), %rsi\n  movq 56(%rsp), %rdi\n"
        "  movq 64(%rsp), %r8\n  movq 72(%rsp), %r9\n  movq 80(%rsp), %r10\n"
        "  movq 88(%rsp), %r11\n"
        "  leaq 128(%rsp), %rsp\n"
        "  popfq\n"
        "  popq %rbp\n"
        "  .cfi_def_cfa %rsp, 152\n  .cfi_restore %rbp\n"
        "  leaq 16(%rsp), %rsp\n"
        "  .cfi_def_cfa_offset 136\n  .cfi_offset %rip, -152\n"
        "  jmpq *-8(%rsp)\n"
        "  .cfi_endproc\n"
        ".size il_tell_site, .-il_tell_site\n.popsection\n");

// The distance of a thread's session from where the thread's own memory begins.
static int32_t session_distance;

static intptr_t measure_distance(void) {
  uintptr_t thread;
  __asm__("movq %%fs:0, %0" : "=r"(thread));
  return (intptr_t)&il_current - (intptr_t)thread;
}

static void *measure_on_thread(void *distance) {
  *(intptr_t *)distance = measure_distance();
  return NULL;
}

// What was there when the process began is as far away in each thread, and near. A library that was
// loaded later has memory of its own in each.
static bool is_as_far_in_each_thread(intptr_t distance) {
  static int (*make)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  static int (*join)(pthread_t, void **);
  if (!make) *(void **)&make = il_next_symbol("pthread_create");
  if (!join) *(void **)&join = il_next_symbol("pthread_join");
  enum { MOST = 1 << 20 };
  pthread_t other;
  intptr_t others = 0;
  if (distance >= 0 || distance < -MOST || make(&other, NULL, measure_on_thread, &others))
    return false;
  join(other, NULL);
  return others == distance;
}

const char *il_stubs_obstacle(void) {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return "the processor keeps no state";
  il_keeps_short = __get_cpuid_count(0xD, 1, &a, &b, &c, &d) && a & 2;
  __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  il_kept_state = a & KEPT_STATE;
  intptr_t distance = measure_distance();
  if (!is_as_far_in_each_thread(distance))
    return "Interleave was loaded after the process had begun";
  session_distance = (int32_t)distance;
  return NULL;
}

// MARK: - Stubs

typedef struct {
  uint8_t *at;
} writer;

static void put(writer *w, const void *bytes, size_t count) {
  memcpy(w->at, bytes, count);
  w->at += count;
}

static void put_word(writer *w, uint32_t word) { put(w, &word, sizeof word); }

// Code that tells who comes by, if that is asked for in the session. What it needs is behind it.
static void put_telling(writer *w, const il_site *site, uint32_t number, size_t asked) {
  uintptr_t behind = site->at + site->instruction.length;
  if (!(number & 1)) behind = site->at + 1;
  put(w, "\x48\x8D\x64\x24\x80", 5);          // leaq -128(%rsp), %rsp
  put(w, "\x51", 1);                          // pushq %rcx
  put(w, "\x64\x48\x8B\x0C\x25", 5);          // movq %fs:session, %rcx
  put_word(w, (uint32_t)session_distance);
  put(w, "\xE3", 1);                          // jrcxz over
  uint8_t *first = w->at++;
  put(w, "\x0F\xB6\x89", 3);                  // movzbl asked(%rcx), %ecx
  put_word(w, (uint32_t)asked);
  put(w, "\xE3", 1);                          // jrcxz over
  uint8_t *second = w->at++;
  if (site->is_call) {
    put(w, "\xFF\x35\x12\0\0\0", 6);          // pushq on(%rip)
    put(w, "\xFF\xB4\x24\x90\0\0\0", 7);      // pushq 144(%rsp): where the function returns to
  } else {
    put(w, "\xFF\x35\x11\0\0\0", 6);          // pushq on(%rip)
    put(w, "\xFF\x35\x13\0\0\0", 6);          // pushq behind(%rip)
  }
  put(w, "\xB9", 1);                          // movl number, %ecx
  put_word(w, number);
  put(w, "\xFF\x25\x10\0\0\0", 6);            // jmpq *il_tell_site(%rip)
  uintptr_t on = (uintptr_t)w->at + 24, tell = (uintptr_t)il_tell_site;
  put(w, &on, sizeof on);
  put(w, &behind, sizeof behind);
  put(w, &tell, sizeof tell);
  *first = (uint8_t)(w->at - first - 1);
  *second = (uint8_t)(w->at - second - 1);
  put(w, "\x59", 1);                          // over: popq %rcx
  put(w, "\x48\x8D\xA4\x24\x80\0\0\0", 8);    // leaq 128(%rsp), %rsp
}

bool il_write_site_stub(il_site *site, uint32_t number) {
  const il_instruction *instruction = &site->instruction;
  if (instruction->is_short_branch) return false;
  writer w = {site->stub};
  if (site->is_entry)
    put_telling(&w, site, number << 1, offsetof(struct il_session, heeds_entries));
  if (site->is_atomic)
    put_telling(&w, site, number << 1 | 1, offsetof(struct il_session, heeds_atomics));
  site->moved_at = (uint8_t)(w.at - site->stub);
  uint8_t *moved = w.at;
  put(&w, site->code, instruction->length);
  if (instruction->relative_at) {
    int32_t distance;
    memcpy(&distance, moved + instruction->relative_at, sizeof distance);
    int64_t further = (int64_t)site->at - (int64_t)moved + distance;
    distance = (int32_t)further;
    if (distance != further) return false;
    memcpy(moved + instruction->relative_at, &distance, sizeof distance);
  }
  uintptr_t next = site->at + instruction->length;
  put(&w, "\xFF\x25\0\0\0\0", 6);             // jmpq *next(%rip)
  put(&w, &next, sizeof next);
  return true;
}

// MARK: - Operands

void *il_word_of(const il_site *site, const il_registers *registers) {
  const il_instruction *instruction = &site->instruction;
  const uint8_t *at = site->code + instruction->operands_at;
  uint8_t modrm = *at++, mode = modrm >> 6, base = modrm & 7, extension = instruction->extension;
  uintptr_t address = 0;
  if (instruction->relative_at) {
    address = site->at + instruction->length;
    mode = 2;
  } else if (base == 4) {
    uint8_t scaled = *at++, index = (uint8_t)((scaled >> 3 & 7) | (extension & 2) << 2);
    base = scaled & 7;
    if (index != IL_RSP) address += registers->numbered[index] << (scaled >> 6);
    if (base == 5 && mode == 0) mode = 2;
    else address += registers->numbered[base | (extension & 1) << 3];
  } else {
    address = registers->numbered[base | (extension & 1) << 3];
  }
  int32_t distance = 0;
  if (mode == 1) distance = (int8_t)*at;
  if (mode == 2) memcpy(&distance, at, sizeof distance);
  return (void *)(address + (uintptr_t)(intptr_t)distance);
}

IL_UNINSTRUMENTED_END
#endif
