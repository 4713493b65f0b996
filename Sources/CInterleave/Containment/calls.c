// Where a step was when it was stopped: a walk along the calls on its stack.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "guard.h"

#include <unwind.h>
#if defined(__linux__)
#include <ucontext.h>
#endif

IL_UNINSTRUMENTED_BEGIN

// MARK: - Registers

uintptr_t il_program_counter(void *context) {
#if defined(__linux__) && defined(__x86_64__)
  return (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#elif defined(__linux__) && defined(__aarch64__)
  return (uintptr_t)((ucontext_t *)context)->uc_mcontext.pc;
#else
  (void)context;
  return 0;
#endif
}

uintptr_t il_stack_pointer(void *context) {
#if defined(__linux__) && defined(__x86_64__)
  return (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RSP];
#elif defined(__linux__) && defined(__aarch64__)
  return (uintptr_t)((ucontext_t *)context)->uc_mcontext.sp;
#else
  (void)context;
  return 0;
#endif
}

// The frame pointer's number in what tells how to leave functions.
#if defined(__x86_64__)
enum { FRAME_POINTER = 6 };
#else
enum { FRAME_POINTER = 29 };
#endif

// The frame pointer that an asynchronous function keeps bears a mark.
static uintptr_t unmarked(uintptr_t fp) { return fp & ~((uintptr_t)1 << 60); }

// MARK: - The walk

typedef struct {
  il_stop *stop;
  uintptr_t start, end;
  bool has_started;
  // It came to the end of the step, or has all that is kept.
  bool is_complete;
  // It came to what is no code.
  bool is_astray;
  // Where the stack of the last call began, and its frame pointer.
  uintptr_t reached, frame_pointer;
} walk;

static void add_call(il_stop *stop, uintptr_t address, uintptr_t end) {
  stop->ends[stop->frame_count] = end;
  stop->frames[stop->frame_count++] = address;
}

static _Unwind_Reason_Code add_frame(struct _Unwind_Context *context, void *argument) {
  walk *w = argument;
  int is_exact = 0;
  uintptr_t address = _Unwind_GetIPInfo(context, &is_exact);
  if (!address) return _URC_END_OF_STACK;
  // What is above the start is our own.
  if (!w->has_started && address != w->start) return _URC_NO_REASON;
  // Where the stack of the call before ends, that of this one begins.
  uintptr_t begin = _Unwind_GetCFA(context);
  w->is_complete = w->stop->frame_count == IL_STOP_FRAMES ||
                   // What lies beyond the step is ours again.
                   (w->has_started && w->end && begin > w->end);
  if (w->is_complete) return _URC_END_OF_STACK;
  // In the first and the last instructions of an asynchronous function, what tells the way out
  // may be off by a word.
  w->is_astray = w->has_started && !il_function_start(address - 1);
  if (w->is_astray) return _URC_END_OF_STACK;
  if (w->has_started) w->stop->ends[w->stop->frame_count - 1] = begin;
  w->has_started = true;
  w->reached = begin;
  w->frame_pointer = unmarked(_Unwind_GetGR(context, FRAME_POINTER));
  add_call(w->stop, is_exact ? address : address - 1, 0);
  return _URC_NO_REASON;
}

// Where a walk goes on that met memory which is not there.
static __thread sigjmp_buf *walking;

void il_end_broken_walk(void) {
  if (walking) siglongjmp(*walking, 1);
}

// Some functions of the runtime have nothing that says how to leave them, so that the
// walk ends there. They keep the frame pointer of who called them.
//
// Returns true if that leads to the end of the step.
static bool go_on_by_frame_pointers(const walk *w, uintptr_t from) {
  enum { NEAR = 64 };
  il_stop *stop = w->stop;
  uintptr_t fp = w->frame_pointer, sp = from;
  from &= ~(sizeof from - 1);
  // Whoever called it is the first on the stack that is code with a known way out.
  for (uintptr_t at = from; at < w->end && at < from + NEAR * sizeof at; at += sizeof at) {
    if (stop->frame_count == IL_STOP_FRAMES) return true;
    uintptr_t word = *(uintptr_t *)at;
    if (!_Unwind_FindEnclosingFunction((void *)(word - 1))) continue;
    stop->ends[stop->frame_count - 1] = at + sizeof at;
    add_call(stop, word - 1, 0);
    break;
  }
  while (fp >= sp && fp < w->end && fp % sizeof fp == 0 && stop->frame_count < IL_STOP_FRAMES) {
    uintptr_t next = unmarked(((uintptr_t *)fp)[0]), back = ((uintptr_t *)fp)[1];
    if (back && back - 1 != stop->frames[stop->frame_count - 1]) {
      stop->ends[stop->frame_count - 1] = fp + 2 * sizeof fp;
      add_call(stop, back - 1, 0);
    }
    if (next <= fp) break;
    fp = next;
  }
  return fp >= w->end || stop->frame_count == IL_STOP_FRAMES;
}

void il_note_calls(il_stop *stop, uintptr_t start, void *context, uintptr_t readable) {
  // In the first and the last instructions of an asynchronous function, what tells the
  // way on is no address: it bears the mark of such a function.
  sigjmp_buf broken;
  walk w = {.stop = stop, .start = start};
  if (il_current) w.end = (uintptr_t)il_current->step_frame;
  stop->is_broken = sigsetjmp(broken, 0) != 0;
  if (!stop->is_broken) {
    walking = &broken;
    _Unwind_Backtrace(add_frame, &w);
  }
  walking = NULL;
  if (!stop->frame_count) add_call(stop, start, 0);
  if (w.is_complete || !w.reached || !w.end) return;
  // Where the innermost call has not told how to leave it, its stack begins where it is.
  uintptr_t from = context && stop->frame_count == 1 ? il_stack_pointer(context) : w.reached;
  bool has_come = go_on_by_frame_pointers(&w, from > readable ? from : readable);
  stop->is_broken = w.is_astray || !has_come;
}

uintptr_t il_function_start(uintptr_t instruction) {
  // What is asked for is where a call returns to, which is behind it.
  return (uintptr_t)_Unwind_FindEnclosingFunction((void *)(instruction + 1));
}

// MARK: - The allocator

// The code of the allocator: who crashes in it may hold its lock.
static uintptr_t allocator_begin, allocator_end;

void il_find_allocator(void) {
  static const char *const names[] = {"malloc", "free", "calloc", "realloc", "malloc_trim",
                                      "mallopt", "posix_memalign", "malloc_info"};
  for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
    uintptr_t address = (uintptr_t)il_allocator_symbol(names[n]);
    if (!address) continue;
    if (!allocator_begin || address < allocator_begin) allocator_begin = address;
    if (address > allocator_end) allocator_end = address;
  }
  // Its inner functions lie before those that others call.
  allocator_begin -= 0x3800;
  allocator_end += 0x100;
}

bool il_is_in_allocator(const il_stop *stop) {
  if (stop->frame_count && il_is_sanitizer_code(stop->frames[0])) return true;
  for (size_t n = 0; n < stop->frame_count && n < 8; n++)
    if (stop->frames[n] - allocator_begin < allocator_end - allocator_begin) return true;
  return false;
}

IL_UNINSTRUMENTED_END
