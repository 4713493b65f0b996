// Executors of the program's own: their jobs run where these run them.
//
// A job that waits for such an executor is the machine's. When its step is chosen, it is handed to
// the executor as the runtime would have done, and the machine waits until it has been run. What
// an executor hands to a dispatch queue meanwhile is run at once, on the machine's own thread and
// on that queue. An executor that runs jobs on a thread of its own, such as an event loop, runs
// this one there.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "takeover.h"
#include "../Carriers/carriers.h"
#include "../Environment/environment.h"

#include <sched.h>
#include <time.h>

IL_UNINSTRUMENTED_BEGIN

// A job that an executor was given to run.
typedef struct il_handover {
  // What is of the thread that handed it over.
  const void *owner;
  enum {
    // It is the executor's.
    WAITING,
    // A thread of the executor's is about to run it, and may.
    ARRIVED, ADMITTED,
    OVER,
  } state;
  // What the executor handed to a dispatch queue.
  void *queue, *context;
  void (*work)(void *);
} il_handover;

// What this thread's call of an executor hands over.
static __thread il_handover *asking;
// How many jobs are being handed over.
static atomic_uint handovers;
// Some of those may be run that threads have arrived for.
static pthread_cond_t admission = PTHREAD_COND_INITIALIZER;

extern char _dispatch_main_q __attribute__((weak));

// MARK: - Dispatch queues

bool il_take_work(void *queue, void *context, void (*work)(void *)) {
  il_handover *h = asking;
  if (LIKELY(!h) || h->queue) return false;
  static void (*retain)(void *);
  if (UNLIKELY(!retain)) *(void **)&retain = il_next_symbol("dispatch_retain");
  retain(queue);
  h->queue = queue;
  h->context = context;
  h->work = work;
  return true;
}

static void call_block(void *block) {
  static void (*release)(const void *);
  if (UNLIKELY(!release)) *(void **)&release = il_next_symbol("_Block_release");
  ((const il_block *)block)->invoke(block);
  release(block);
}

bool il_take_block(void *queue, const void *block) {
  static void *(*copy)(const void *);
  if (LIKELY(!asking)) return false;
  if (UNLIKELY(!copy)) *(void **)&copy = il_next_symbol("_Block_copy");
  return !asking->queue && il_take_work(queue, copy(block), call_block);
}

// Does what was handed to a queue, on that queue.
static void work_on_queue(il_session *s, il_handover *h, void *site) {
  static void (*sync)(void *, void *, void (*)(void *)), (*release)(void *);
  if (UNLIKELY(!sync)) *(void **)&sync = il_next_symbol("dispatch_sync_f");
  if (UNLIKELY(!release)) *(void **)&release = il_next_symbol("dispatch_release");
  bool is_main = h->queue == (void *)&_dispatch_main_q;
#if defined(IL_HAS_CARRIERS)
  // A step that was interrupted may be on it, on behalf of another executor.
  bool is_held = s->carriers != NULL && !il_is_concurrent_queue(h->queue);
  if (is_held) {
    il_await(s, h->queue, site, IL_WANTS_LOCK);
    il_note_taken(s, h->queue, IL_HELD_ONCE, false, site);
  }
#else
  (void)s, (void)site;
#endif
  if (is_main) h->work(h->context);
  else sync(h->queue, h->context, h->work);
#if defined(IL_HAS_CARRIERS)
  if (is_held) il_note_given(s, h->queue);
#endif
  release(h->queue);
}

// MARK: - Threads of the executor's own

static void advance(il_session *s, il_handover *h, int state) {
  pthread_mutex_lock(&il_inbox_lock);
  h->state = state;
  pthread_cond_broadcast(&s->foreign_signal);
  pthread_mutex_unlock(&il_inbox_lock);
}

static void await_admission(il_session *s, il_handover *h) {
  advance(s, h, ARRIVED);
  pthread_mutex_lock(&il_inbox_lock);
  while (h->state == ARRIVED) pthread_cond_wait(&admission, &il_inbox_lock);
  pthread_mutex_unlock(&il_inbox_lock);
}

// Waits until it is at least as far. False: a thread has crashed.
static bool wait_until(il_session *s, const il_handover *h, int state) {
  pthread_mutex_lock(&il_inbox_lock);
  while ((int)h->state < state && !s->has_crash_elsewhere)
    pthread_cond_wait(&s->foreign_signal, &il_inbox_lock);
  bool is_there = (int)h->state >= state;
  pthread_mutex_unlock(&il_inbox_lock);
  return is_there;
}

// In a copy of the process, threads are missing that were there before. True: nobody has come to
// run the job, and nobody will.
static bool is_forsaken(il_session *s, il_handover *h, const il_ready *ready) {
  if (!il_is_forked) return false;
  int64_t until = il_exact_real_time() + (ready->executor == s->absentee ? 0 : 2000000000);
  pthread_mutex_lock(&il_inbox_lock);
  while (h->state == WAITING && il_exact_real_time() < until) {
    pthread_mutex_unlock(&il_inbox_lock);
    sched_yield();
    pthread_mutex_lock(&il_inbox_lock);
  }
  bool is_forsaken = h->state == WAITING;
  if (is_forsaken) {
    s->absentee = ready->executor;
    ready->task->handover = NULL;
  }
  pthread_mutex_unlock(&il_inbox_lock);
  return is_forsaken;
}

#if defined(IL_HAS_CARRIERS)
// Somebody comes to run the job, while others know what might.
static bool arrives(il_session *s, const il_handover *h) {
  enum { GRACE = 1000000000, PAUSE = 1000000 };
  int64_t left = il_foreign_threads() ? GRACE : 0;
  pthread_mutex_lock(&il_inbox_lock);
  for (; h->state == WAITING && left > 0 && !s->has_crash_elsewhere; left -= PAUSE) {
    int64_t until = il_exact_real_time() + PAUSE;
    struct timespec moment = {.tv_sec = until / 1000000000, .tv_nsec = until % 1000000000};
    pthread_cond_timedwait(&s->foreign_signal, &il_inbox_lock, &moment);
  }
  bool arrives = h->state != WAITING || s->has_crash_elsewhere;
  pthread_mutex_unlock(&il_inbox_lock);
  return arrives;
}
#endif

// Lets a thread of the executor's run the step from its beginning to its end.
static void admit(il_session *s, il_handover *h, const il_ready *ready) {
  const void *site = ready->resume;
#if defined(IL_HAS_CARRIERS)
  // The executor's may be a thread of the run, which waits for what the machine does.
  if (UNLIKELY(s->carriers != NULL) && il_has_threads(s) && !arrives(s, h)) {
    atomic_fetch_sub(&handovers, 1);
    il_leave_threads(s, site);
  }
#endif
  if (is_forsaken(s, h, ready)) {
    il_current = s;
    if (ready->place == IL_PLACE_TASK_EXECUTOR)
      il_runtime.run_job_on(ready->job, NULL, 0, ready->executor, il_task_witness);
    else il_runtime.run_job_on(ready->job, ready->executor, il_serial_witness, NULL, 0);
    return;
  }
  if (!wait_until(s, h, ARRIVED)) return;
  il_current = s;
#if defined(IL_HAS_CARRIERS)
  // Nobody can be interrupted there, nor go on here.
  if (s->carriers && h->state != OVER)
    il_leave_points(s, "a job of an executor that has a thread of its own", site);
  il_carriers *carriers = s->carriers;
  s->carriers = NULL;
#else
  (void)site;
#endif
  il_current = NULL;
  pthread_mutex_lock(&il_inbox_lock);
  if (h->state == ARRIVED) h->state = ADMITTED;
  pthread_cond_broadcast(&admission);
  pthread_mutex_unlock(&il_inbox_lock);
  wait_until(s, h, OVER);
#if defined(IL_HAS_CARRIERS)
  s->carriers = carriers;
#endif
}

// Takes up the handover of a job that is about to be run; NULL if no session has handed it over.
static il_handover *take_up(const void *job, il_session **session) {
  if (il_job_kind(job) != IL_KIND_TASK) return NULL;
  pthread_mutex_lock(&il_inbox_lock);
  il_task *task = il_record(job);
  il_handover *h = NULL;
  if (task && task->session && task->handover) {
    *session = task->session;
    h = task->handover;
    task->handover = NULL;
  }
  pthread_mutex_unlock(&il_inbox_lock);
  return h;
}

// MARK: - Handing over

void il_note_task_executor(il_session *s, il_executor executor) {
  // The low bits of the word are no part of the address.
  uintptr_t witness = executor.witness & ~(uintptr_t)7;
  if (!witness || executor.witness == il_task_witness ||
      il_task_executor_witness(s, executor.identity) == witness) return;
  size_t place = s->task_executor_count++ % IL_TASK_EXECUTORS;
  s->task_executors[place].identity = executor.identity;
  s->task_executors[place].witness = witness;
}

uintptr_t il_task_executor_witness(const il_session *s, const void *identity) {
  size_t count = s->task_executor_count;
  // What has come to an address last is what is there.
  for (size_t n = count; n > 0 && count - n < IL_TASK_EXECUTORS; n--)
    if (s->task_executors[(n - 1) % IL_TASK_EXECUTORS].identity == identity)
      return s->task_executors[(n - 1) % IL_TASK_EXECUTORS].witness;
  return 0;
}

// Calls `enqueue(_:)` of an executor.
typedef SWIFT_CC void (*enqueue_function)(void *job, const void *type, uintptr_t witness,
                                          SELF_CONTEXT void *executor);

static void enqueue(il_session *s, const il_ready *ready) {
  if (ready->place != IL_PLACE_TASK_EXECUTOR) {
    il_runtime.enqueue(ready->job, ready->executor, ready->witness);
    return;
  }
  static enqueue_function function;
  if (UNLIKELY(!function))
    *(void **)&function = il_next_symbol("$sSch7enqueueyys11ExecutorJobVnFTj");
  function(ready->job, *(const void **)ready->executor,
           il_task_executor_witness(s, ready->executor), ready->executor);
}

void il_hand_over(il_session *s, const il_ready *ready) {
  atomic_store(&s->has_let_go, true);
  il_handover h = {.owner = &asking};
  pthread_mutex_lock(&il_inbox_lock);
  ready->task->handover = &h;
  pthread_mutex_unlock(&il_inbox_lock);
  atomic_fetch_add(&handovers, 1);
#if defined(IL_HAS_CARRIERS)
  // A thread of the run may hold what the executor takes.
  if (UNLIKELY(s->carriers != NULL) && s->carriers->parked_locks && il_has_threads(s))
    il_await(s, NULL, ready->resume, IL_WANTS_SOLITUDE);
#endif
  // What the executor does is no step's.
  il_current = NULL;
  il_handover *outer = asking;
  asking = &h;
  enqueue(s, ready);
  asking = outer;
  if (h.queue) {
    il_current = s;
    work_on_queue(s, &h, ready->resume);
    il_current = NULL;
  }
  if (h.state != OVER) admit(s, &h, ready);
  il_current = s;
  atomic_fetch_sub(&handovers, 1);
}

void il_let_go(il_session *s, const il_ready *ready) {
  atomic_store(&s->has_let_go, true);
  il_note_escape_to(s, IL_ESCAPE_UNKNOWN_JOB, ready->resume, true);
  il_errand *errand = il_send(IL_ERRAND_REQUEST, ready->resume, 0);
  if (errand) errand->is_native = true;
  pthread_mutex_lock(&il_inbox_lock);
  ready->task->is_away = true;
  pthread_mutex_unlock(&il_inbox_lock);
  // What the executor does is no step's.
  il_current = NULL;
  il_runtime.enqueue(ready->job, ready->executor, ready->witness);
  il_current = s;
}

static bool is_away(const void *job) {
  if (LIKELY(!atomic_load_explicit(&il_live_sessions, memory_order_relaxed)) ||
      il_job_kind(job) != IL_KIND_TASK) return false;
  pthread_mutex_lock(&il_inbox_lock);
  const il_task *task = il_record(job);
  bool is = task && task->is_away;
  pthread_mutex_unlock(&il_inbox_lock);
  return is;
}

typedef SWIFT_CC void (*run_job_function)(void *job, void *identity, uintptr_t witness);

// An executor of the program's runs a job; one of a session's with what the executor is to that.
static void run_job(run_job_function original, void *job, void *identity, uintptr_t witness,
                    uintptr_t session_witness) {
  il_session *s = NULL;
  bool may_be_one = UNLIKELY(atomic_load_explicit(&handovers, memory_order_acquire) != 0);
  il_handover *h = may_be_one ? take_up(job, &s) : NULL;
  if (LIKELY(!h)) {
    // What it does for a run while it has a job that was let go is native, too.
    bool was_native = il_thread_is_native;
    il_thread_is_native |= is_away(job);
    original(job, identity, witness);
    il_thread_is_native = was_native;
    return;
  }
  if (h->owner != &asking) await_admission(s, h);
  il_session *outer = il_current;
  s->step_frame = __builtin_frame_address(0);
  il_current = s;
  original(job, identity, session_witness);
  il_current = outer;
  advance(s, h, OVER);
}

SWIFT_CC void swift_job_run(void *job, void *identity, uintptr_t witness) {
  IL_REAL(swift_job_run, run_job_function);
  run_job(original, job, identity, witness, witness);
}

SWIFT_CC void swift_job_run_on_task_executor(void *job, void *identity, uintptr_t witness) {
  IL_REAL(swift_job_run_on_task_executor, run_job_function);
  run_job(original, job, identity, witness, il_task_witness);
}

// MARK: - As if on an executor

typedef struct {
  il_job job;
  void (*body)(void *);
  void *context;
} call_in_a_job;

static SWIFT_ASYNC void make_call(void *job) {
  const call_in_a_job *call = job;
  call->body(call->context);
}

void il_run_as_if_on(uintptr_t identity, uintptr_t witness, void (*body)(void *), void *context) {
  call_in_a_job call = {
      .job = {.flags = IL_KIND_ACTOR_INLINE, .resume = (void *)make_call},
      .body = body, .context = context};
  il_runtime.run_job(&call, (void *)identity, witness);
}

bool il_is_on_executor(uintptr_t identity) {
  return (uintptr_t)il_runtime.current_executor().identity == identity;
}

IL_UNINSTRUMENTED_END
