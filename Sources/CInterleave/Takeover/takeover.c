// The hooks of the runtime, and their installation.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "takeover.h"
#include "../Environment/environment.h"

#include <dlfcn.h>

IL_UNINSTRUMENTED_BEGIN

// The session on whose behalf this thread empties a default actor's own queue.
static __thread il_session *draining;

typedef SWIFT_CC void (*hook_original)(void *job);
typedef SWIFT_CC void (*global_hook)(void *job, hook_original original);
typedef SWIFT_CC void (*delay_original)(unsigned long long delay, void *job);
typedef SWIFT_CC void (*delay_hook)(unsigned long long delay, void *job, delay_original original);
typedef SWIFT_CC void (*deadline_original)(long long sec, long long nsec, long long tsec,
                                           long long tnsec, int clock, void *job);
typedef SWIFT_CC void (*deadline_hook)(long long sec, long long nsec, long long tsec,
                                       long long tnsec, int clock, void *job,
                                       deadline_original original);

static global_hook previous_global, previous_main;
static delay_hook previous_delay;
static deadline_hook previous_deadline;

// MARK: - Jobs for our executors

void il_enqueued_serial(void *job, void *identity) {
  if (UNLIKELY(draining != NULL) && identity == il_elsewhere) {
    il_session *s = draining;
    if (il_deliver(s, job, IL_PLACE_SERIAL, s->bounce_target, -1)) return;
  }
  il_session *s = il_current;
  if (LIKELY(s != NULL) && il_deliver(s, job, IL_PLACE_SERIAL, identity, -1)) return;
  if (il_deliver_foreign(job, IL_PLACE_SERIAL, identity)) return;
  // Not ours at all: what it belongs to is a default actor of the native runtime.
  il_runtime.enqueue(job, identity, 0);
}

// A task that the library itself moved to a default actor's own queue is put
// into the session's queue instead, as soon as that queue is emptied.
// It takes three arguments more than it is called with: a tail call must go to a
// function of the caller's own signature.
static SWIFT_ASYNC void bounce(ASYNC_CONTEXT void *context, resume_function unused_resume,
                               void *unused_identity, uintptr_t unused_witness) {
  (void)unused_resume, (void)unused_identity, (void)unused_witness;
  il_task *task = il_record(il_swift_task_getCurrent());
  resume_function resume = (resume_function)task->saved_resume;
  task->saved_resume = NULL;
  if (draining) draining->bounce_target = il_runtime.current_executor().identity;
  MUSTTAIL return il_real_switch()(context, resume, il_elsewhere, il_serial_witness);
}

void il_drain_actors(il_session *s) {
  while (s->drain_count) {
    void *job = s->drains[--s->drain_count];
    il_session *previous = il_current;
    il_current = NULL;
    draining = s;
    il_runtime.run_job(job, NULL, 0);
    draining = NULL;
    il_current = previous;
  }
}

// A default actor whose own queue is no longer empty wants to be run: if it is the
// step's task that has just been put there, the job is kept for after the step.
static bool take_drain(il_session *s, void *job) {
  il_task *task = s->step_task;
  bool switching = !il_swift_task_getCurrent() && task && !task->simple && task->alive;
  if (switching && s->drain_count < 8) {
    il_job *j = task->job;
    task->saved_resume = j->resume;
    j->resume = (void *)bounce;
    s->drains[s->drain_count++] = job;
    return true;
  }
  il_note_escape(s, IL_ESCAPE_UNKNOWN_JOB, __builtin_return_address(0));
  return false;
}

static bool is_drain(const void *job) {
  uint8_t kind = il_job_kind(job);
  return kind >= IL_KIND_ACTOR_INLINE && kind <= IL_KIND_ACTOR_OVERRIDE;
}

void il_enqueued_task(void *job, void *identity) {
  il_session *s = il_current;
  // A default actor that a task reaches from a task executor runs there.
  if (s && is_drain(job) && take_drain(s, job)) return;
  if (LIKELY(s != NULL) && il_deliver(s, job, IL_PLACE_TASK_EXECUTOR, identity, -1)) return;
  if (il_deliver_foreign(job, IL_PLACE_TASK_EXECUTOR, identity)) return;
  il_runtime.enqueue(job, NULL, 0);
}

static __thread struct {
  bool is_on;
  unsigned count;
  const char *wrong;
} probe;

void il_probe_begin(void) {
  probe.is_on = true;
  probe.count = 0;
  probe.wrong = NULL;
}

const char *il_probe_end(void) {
  probe.is_on = false;
  return probe.wrong;
}

unsigned il_probe_count(void) { return probe.count; }

static SWIFT_CC void on_global(void *job, hook_original original) {
  il_session *s = il_current;
  if (LIKELY(s != NULL)) {
    if (UNLIKELY(is_drain(job))) {
      if (take_drain(s, job)) return;
    } else if (il_deliver(s, job, IL_PLACE_GLOBAL, NULL, -1)) {
      return;
    } else {
      il_note_escape(s, IL_ESCAPE_UNKNOWN_JOB, ((il_job *)job)->resume);
    }
  } else if (atomic_load_explicit(&il_live_sessions, memory_order_relaxed) &&
             il_deliver_foreign(job, IL_PLACE_GLOBAL, NULL)) {
    return;
  }
  if (UNLIKELY(probe.is_on) && !probe.count++) probe.wrong = il_check_job(job);
  if (previous_global) previous_global(job, original); else original(job);
}

static SWIFT_CC void on_main(void *job, hook_original original) {
  il_session *s = il_current;
  if (s && il_deliver(s, job, IL_PLACE_MAIN, il_main, -1)) return;
  if (!s && atomic_load_explicit(&il_live_sessions, memory_order_relaxed) &&
      il_deliver_foreign(job, IL_PLACE_MAIN, il_main)) return;
  if (previous_main) previous_main(job, original); else original(job);
}

static SWIFT_CC void on_delay(unsigned long long delay, void *job, delay_original original) {
  il_session *s = il_current;
  if (s && il_deliver(s, job, IL_PLACE_GLOBAL, NULL, s->now + (int64_t)delay)) return;
  if (previous_delay) previous_delay(delay, job, original); else original(delay, job);
}

static SWIFT_CC void on_deadline(long long sec, long long nsec, long long tsec, long long tnsec,
                                 int clock, void *job, deadline_original original) {
  il_session *s = il_current;
  if (s) {
    // The runtime numbers its clocks: 1 continuous, 2 suspending.
    int64_t at = sec * 1000000000 + nsec - il_clock_origin(clock == 1 ? 7 : 1);
    if (il_deliver(s, job, IL_PLACE_GLOBAL, NULL, at < 0 ? 0 : at)) return;
  }
  if (previous_deadline) previous_deadline(sec, nsec, tsec, tnsec, clock, job, original);
  else original(sec, nsec, tsec, tnsec, clock, job);
}

// MARK: - Installation

// What stands in front of a function notes what the program does, not what we do.
#define REQUIRE(pointer, name)                                                         \
  do {                                                                                 \
    *(void **)&(pointer) = dlsym(RTLD_NEXT, name);                                     \
    if (!(pointer)) *(void **)&(pointer) = dlsym(RTLD_DEFAULT, name);                  \
    if (!(pointer)) return "the runtime does not export " name;                        \
  } while (0)

static void chain(const char *name, void *ours, void **previous) {
  void **hook = dlsym(RTLD_DEFAULT, name);
  if (!hook) return;
  *previous = *hook;
  *hook = ours;
}

const char *il_install(uintptr_t serial_witness, uintptr_t task_witness, void *elsewhere) {
  static bool installed;
  if (installed) return NULL;
  if (sizeof(void *) != 8) return "the layout of tasks is known for 64-bit systems only";
  REQUIRE(il_swift_task_getCurrent, "swift_task_getCurrent");
  REQUIRE(il_runtime.current_executor, "swift_task_getCurrentExecutor");
  REQUIRE(il_runtime.main_executor, "swift_task_getMainExecutor");
  REQUIRE(il_runtime.run_job_on, "swift_job_run_on_serial_and_task_executor");
  REQUIRE(il_runtime.run_job, "swift_job_run");
  REQUIRE(il_runtime.enqueue, "swift_task_enqueue");
  REQUIRE(il_runtime.preferred_executor, "swift_task_getPreferredTaskExecutor");
  REQUIRE(il_runtime.cancel, "swift_task_cancel");
  REQUIRE(il_runtime.is_cancelled, "swift_task_isCancelled");
  if (!dlsym(RTLD_DEFAULT, "swift_task_enqueueGlobal_hook"))
    return "the runtime does not export swift_task_enqueueGlobal_hook";
  if (!il_real_switch() || il_real_switch() == swift_task_switch)
    return "the runtime's own swift_task_switch cannot be reached";
  il_serial_witness = serial_witness;
  il_task_witness = task_witness;
  il_elsewhere = elsewhere;
  il_main = il_runtime.main_executor().identity;
  chain("swift_task_enqueueGlobal_hook", (void *)on_global, (void **)&previous_global);
  chain("swift_task_enqueueMainExecutor_hook", (void *)on_main, (void **)&previous_main);
  chain("swift_task_enqueueGlobalWithDelay_hook", (void *)on_delay, (void **)&previous_delay);
  chain("swift_task_enqueueGlobalWithDeadline_hook", (void *)on_deadline,
        (void **)&previous_deadline);
  installed = true;
  return NULL;
}

void il_session_leave_hops(il_session *s, bool value) { s->leaves_hops = value; }

bool il_takes_calls_of(const char *name) {
  Dl_info own, called;
  const void *function = dlsym(RTLD_DEFAULT, name);
  return function && dladdr((void *)il_install, &own) && dladdr(function, &called) &&
         own.dli_fbase == called.dli_fbase;
}

const char *il_missed_calls(void) {
#if defined(__linux__)
  static const char *const names[] = {
      "swift_task_switch", "swift_task_create", "swift_asyncLet_begin", "dispatch_async_f",
      "dispatch_after_f", "clock_gettime", "syscall", "pthread_create", "pthread_mutex_lock"};
  for (size_t n = 0; n < sizeof names / sizeof *names; n++)
    if (!il_takes_calls_of(names[n])) return names[n];
#endif
  return NULL;
}

bool il_is_interposed(void) {
  // It is asked for after each run, and never changes: 1 for no, 2 for yes.
  static atomic_int known;
  if (UNLIKELY(!known))
    known = 1 + (dlsym(RTLD_DEFAULT, "swift_task_switch") == (void *)swift_task_switch);
  return known == 2;
}

IL_UNINSTRUMENTED_END
