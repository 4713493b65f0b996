// libdispatch, as far as the runtime reaches it past its own hooks, and as far
// as a step can leave the session's control by it.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "takeover.h"
#include "../Carriers/carriers.h"
#include "../Environment/environment.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

IL_UNINSTRUMENTED_BEGIN

typedef void (*work_function)(void *);

extern char _dispatch_main_q __attribute__((weak));

// The running step's session takes what is handed to a queue.
#define SUBMITS(queue, block, ...)                                                \
  (UNLIKELY(il_current != NULL) &&                                                \
   il_submit_block(queue, block, (il_submission){__VA_ARGS__}, caller,            \
                   __builtin_frame_address(0)))
#define SUBMITS_WORK(queue, context, work, ...)                                   \
  (UNLIKELY(il_current != NULL) &&                                                \
   il_submit_work(queue, context, work, (il_submission){__VA_ARGS__}, caller,     \
                  __builtin_frame_address(0)))

static bool is_job_runner(work_function work) {
  // One address, looked up once, is what nearly every call passes.
  static _Atomic(work_function) known;
  if (atomic_load_explicit(&known, memory_order_relaxed) == work) return true;
  if (!il_is_concurrency_code((void *)work)) return false;
  atomic_store_explicit(&known, work, memory_order_relaxed);
  return true;
}

void dispatch_async_f(void *queue, void *context, work_function work) {
  void *caller = IL_CALLER();
  IL_REAL(dispatch_async_f, void (*)(void *, void *, work_function));
  if (UNLIKELY(il_take_work(queue, context, work))) return;
  if (SUBMITS_WORK(queue, context, work)) return;
  il_session *s = il_current;
  bool main = queue == (void *)&_dispatch_main_q;
  if (UNLIKELY(il_on_errand != NULL) && !s && !is_job_runner(work))
    context = il_send_function(&work, context, caller, 0);
  if (s) {
    if (is_job_runner(work)) {
      if (il_deliver(s, context, main ? IL_PLACE_MAIN : IL_PLACE_GLOBAL,
                     main ? il_main_executor() : NULL, -1)) return;
      il_note_escape(s, IL_ESCAPE_UNKNOWN_JOB, ((il_job *)context)->resume);
    } else {
      il_note_escape(s, IL_ESCAPE_DISPATCH, caller);
      context = il_send_function(&work, context, caller, 0);
    }
  } else if (UNLIKELY(atomic_load_explicit(&il_live_sessions, memory_order_relaxed) != 0) &&
             is_job_runner(work) &&
             il_deliver_foreign(context, main ? IL_PLACE_MAIN : IL_PLACE_GLOBAL,
                                main ? il_main_executor() : NULL)) {
    return;
  }
  original(queue, context, work);
}

void dispatch_after_f(uint64_t when, void *queue, void *context, work_function work) {
  void *caller = IL_CALLER();
  IL_REAL(dispatch_after_f, void (*)(uint64_t, void *, void *, work_function));
  if (SUBMITS_WORK(queue, context, work, .when = when)) return;
  il_session *s = il_current;
  if (s) {
    if (is_job_runner(work) &&
        il_deliver(s, context, IL_PLACE_GLOBAL, NULL, il_deadline_of(s, when))) return;
    il_note_escape(s, IL_ESCAPE_DISPATCH, caller);
    if (!is_job_runner(work)) context = il_send_function(&work, context, caller, when);
    when = il_real_deadline(s, when);
  } else if (UNLIKELY(il_on_errand != NULL) && !is_job_runner(work)) {
    context = il_send_function(&work, context, caller, when);
  }
  // libdispatch asks the system's clocks for how long that is.
  il_current = NULL;
  original(when, queue, context, work);
  il_current = s;
}

// MARK: - Ways out

// A test framework's own threads do nothing for a run.
static bool is_framework_code(const void *address) {
  Dl_info info;
  if (!dladdr(address, &info) || !info.dli_fname) return false;
  return strstr(info.dli_fname, "libTesting.") || strstr(info.dli_fname, "libXCTest.");
}

static __thread bool makes_own_threads;

void il_makes_own_threads(bool makes) { makes_own_threads = makes; }

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                   void *(*start)(void *), void *argument) {
  IL_REAL(pthread_create, il_thread_maker);
  // libdispatch's own workers are not the program's: what runs on them is.
  void *caller = IL_CALLER();
  if (makes_own_threads || il_is_dispatch_code(caller) || is_framework_code(caller))
    return original(thread, attributes, start, argument);
  if (UNLIKELY(il_current != NULL) && il_make_thread(thread, attributes, start, argument, caller))
    return 0;
  if (il_current) il_note_escape(il_current, IL_ESCAPE_THREAD, caller);
  return il_send_thread(thread, attributes, start, argument, caller, original);
}

static void do_nothing(void *block) { (void)block; }

extern void *_NSConcreteGlobalBlock[32] __attribute__((weak));

// What `dispatch_block_create` makes is not to be wrapped: it holds more than its code.
static bool is_work_item(const void *block) {
  typedef void (*invoke_function)(void *);
  static _Atomic(invoke_function) known;
  invoke_function invoke = atomic_load_explicit(&known, memory_order_relaxed);
  if (UNLIKELY(!invoke)) {
    IL_REAL(dispatch_block_create, void *(*)(unsigned long, const void *));
    static void (*release)(const void *);
    *(void **)&release = il_next_symbol("_Block_release");
    static const struct { size_t reserved, size; } layout = {.size = sizeof(il_block)};
    enum { IS_GLOBAL = 1 << 28 };
    il_block empty = {
        .isa = _NSConcreteGlobalBlock, .flags = IS_GLOBAL, .invoke = do_nothing,
        .layout = (const struct block_layout *)&layout};
    if (!original || !release) return true;
    il_block *made = original(0, &empty);
    invoke = made->invoke;
    release(made);
    atomic_store_explicit(&known, invoke, memory_order_relaxed);
  }
  return ((const il_block *)block)->invoke == invoke;
}

// The session leaves who is handed something alone, or who hands it over.
static bool is_left_alone(il_session *s, void *queue, const void *code, void *caller) {
  return il_is_native(s, IL_NATIVE_QUEUE, queue) || il_is_native(s, IL_NATIVE_CODE, code) ||
         il_is_native(s, IL_NATIVE_CODE, caller);
}

// A block that a step, or who is on its errand, hands to a queue.
static void *send(il_block *wrapper, void *block, void *queue, void *caller, uint64_t when) {
  if (LIKELY(!il_current && !il_on_errand)) return block;
  bool is_native = false;
  if (il_current) {
    is_native = UNLIKELY(il_current->leaves_natives) &&
                is_left_alone(il_current, queue, ((il_block *)block)->inner, caller);
    il_note_escape_to(il_current, IL_ESCAPE_DISPATCH, caller, is_native);
  }
  // What becomes of a work item is known to itself alone.
  bool is_item = is_work_item(block);
  il_errand *errand = il_send(is_item ? IL_ERRAND_REQUEST : IL_ERRAND_WORK, caller, when);
  if (errand) errand->is_native |= is_native;
  return is_item ? block : il_wrap(wrapper, block, errand);
}

void dispatch_async(void *queue, void *block) {
  void *caller = IL_CALLER();
  IL_REAL(dispatch_async, void (*)(void *, void *));
  if (UNLIKELY(il_take_block(queue, block)) || SUBMITS(queue, block)) return;
  il_block wrapper;
  original(queue, send(&wrapper, block, queue, caller, 0));
}

void dispatch_after(uint64_t when, void *queue, void *block) {
  void *caller = IL_CALLER();
  IL_REAL(dispatch_after, void (*)(uint64_t, void *, void *));
  if (SUBMITS(queue, block, .when = when)) return;
  il_session *s = il_current;
  il_block wrapper;
  void *work = send(&wrapper, block, queue, caller, when);
  if (s) when = il_real_deadline(s, when);
  il_current = NULL;
  original(when, queue, work);
  il_current = s;
}

void dispatch_group_async(void *group, void *queue, void *block) {
  void *caller = IL_CALLER();
  IL_REAL(dispatch_group_async, void (*)(void *, void *, void *));
  if (SUBMITS(queue, block, .group = group)) return;
  il_block wrapper;
  original(group, queue, send(&wrapper, block, queue, caller, 0));
}

void dispatch_group_notify(void *group, void *queue, void *block) {
  void *caller = IL_CALLER();
  IL_REAL(dispatch_group_notify, void (*)(void *, void *, void *));
  if (SUBMITS(queue, block, .awaited = group)) return;
  il_block wrapper;
  original(group, queue, send(&wrapper, block, queue, caller, 0));
}

void dispatch_barrier_async(void *queue, void *block) {
  void *caller = IL_CALLER();
  IL_REAL(dispatch_barrier_async, void (*)(void *, void *));
  if (SUBMITS(queue, block, .is_barrier = true)) return;
  il_block wrapper;
  original(queue, send(&wrapper, block, queue, caller, 0));
}

// MARK: - Input and output

#define NOTE_IO() do {                                                                   \
    if (il_current) il_note_escape(il_current, IL_ESCAPE_IO, __builtin_return_address(0)); \
  } while (0)

void dispatch_read(int file, size_t count, void *queue, void *handler) {
  IL_REAL(dispatch_read, void (*)(int, size_t, void *, void *));
  NOTE_IO();
  original(file, count, queue, handler);
}

void dispatch_io_read(void *channel, int64_t offset, size_t count, void *queue, void *handler) {
  IL_REAL(dispatch_io_read, void (*)(void *, int64_t, size_t, void *, void *));
  NOTE_IO();
  original(channel, offset, count, queue, handler);
}

IL_UNINSTRUMENTED_END
