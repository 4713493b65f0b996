// Jobs that have become ready, on the session's own thread and on others.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "takeover.h"
#include "../Containment/containment.h"
#include "../Carriers/carriers.h"

#include <errno.h>
#include <execinfo.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

IL_UNINSTRUMENTED_BEGIN

bool il_deliver(il_session *s, void *job, il_place place, void *executor, int64_t deadline) {
  bool is_task = il_job_kind(job) == IL_KIND_TASK;
  il_task *task = is_task ? il_record(job) : NULL;
  il_ready ready = {
      .job = job, .executor = executor, .resume = ((il_job *)job)->resume,
      .deadline = deadline, .place = place, .priority = il_job_priority(job),
      .arrival = IL_ARRIVAL_RESUMED, 
      .witness = executor && executor == s->custom_executor ? s->custom_witness : 0};
  if (UNLIKELY(!task)) {
    // A sleep makes the task that its timer runs out of sight of `creating`.
    if (is_task && !s->creating && deadline < 0) return false;
    if (!s->creating) s->creation_site = s->creation_caller = s->creation_entry = NULL;
    // Whatever was made before, the job of a yield or a sleep is nobody's child.
    bool child = s->creating && s->creating_child;
    task = il_adopt(s, job, s->creation_site, s->creation_entry, child);
    ready.arrival = IL_ARRIVAL_CREATED;
  } else if (UNLIKELY(task->session != s)) {
    return il_deliver_foreign(job, place, executor);
  } else if (task == s->step_task) {
    // What the running task does to itself, it does as its last act. But if it
    // was started at once by another one, its thread goes on with that one, and
    // so must queue it first.
    if (LIKELY(!s->immediate)) ready.arrival = IL_ARRIVAL_HOP;
  }
  if (deadline >= 0) ready.arrival = IL_ARRIVAL_TIMER;
  ready.task = task;
  if (ready.arrival == IL_ARRIVAL_RESUMED) il_note_ready(s, task);
#if defined(IL_HAS_CARRIERS)
  bool is_inside = UNLIKELY(s->carriers != NULL) && deadline < 0 && task != s->step_task;
  if (UNLIKELY(is_inside)) il_count_operation(s);
#endif
  ready.handlers = il_handlers(s);
  IL_TELL(s, ready, &ready);
#if defined(IL_HAS_CARRIERS)
  if (UNLIKELY(is_inside)) il_pass_by(s, IL_POINT_WOKEN, NULL);
#endif
  return true;
}

// MARK: - From other threads

__thread bool il_thread_is_native;

// What called the runtime's library, when that made a job ready.
static il_origin origin_of_call(void) {
  enum { DEPTH = 32 };
  void *calls[DEPTH];
  int count = backtrace(calls, DEPTH), first = 0;
  while (first < count && !il_is_concurrency_code(calls[first])) first++;
  while (first < count && il_is_concurrency_code(calls[first])) first++;
  il_origin origin = {{0}};
  for (int i = 0; i < 4 && first + i < count; i++)
    origin.calls[i] = (uintptr_t)calls[first + i];
  return origin;
}

#if defined(__linux__)
// What a thread is called whom nobody has given a name: as the program.
static bool is_name_of_program(const char *name) {
  return !strncmp(name, program_invocation_short_name, 15);
}
#else
static bool is_name_of_program(const char *name) { (void)name; return false; }
#endif

// libdispatch calls its threads after its own queues, and what these make is called the same.
static bool is_name_of_pool(const char *name) {
  static const char *const ends[] = {"-qos", ".overcommit"};
  size_t length = strlen(name);
  for (int i = 0; i < 2; i++) {
    size_t end = strlen(ends[i]);
    if (length >= end && !strcmp(name + length - end, ends[i])) return true;
  }
  return false;
}

// What this thread, or the queue that it works on, is called.
static void note_name(il_origin *origin) {
  static const char roots[] = "com.apple.root.";
  const char *label = il_label_of_queue(NULL);
  // That of a global queue is told of threads as well that work on none.
  origin->is_queue = *label && strncmp(label, roots, sizeof roots - 1);
  if (origin->is_queue) {
    strncpy(origin->name, label, sizeof origin->name - 1);
    return;
  }
  if (pthread_getname_np(pthread_self(), origin->name, sizeof origin->name) ||
      is_name_of_program(origin->name) || is_name_of_pool(origin->name))
    origin->name[0] = 0;
}

// Puts a message into the inbox of the task's session. If the task was
// abandoned, nobody waits for it any more, and nothing happens.
void il_post(il_task *task, il_ready ready) {
  // A task that ends on a foreign thread came there before.
  il_origin origin = {{0}};
  if (ready.job) origin = origin_of_call();
  if (ready.arrival == IL_ARRIVAL_RESUMED_TWICE) il_calls_of_runtime(origin.calls, 4);
  origin.io = (uintptr_t)il_io_site;
  note_name(&origin);
  pthread_mutex_lock(&il_inbox_lock);
  origin.is_native =
      task->is_away || il_thread_is_native || (il_on_errand && il_on_errand->is_native);
  task->is_away = false;
  il_session *s = task->session;
  if (s) {
    il_foreign_node *node = malloc(sizeof *node);
    node->ready = ready;
    node->origin = origin;
    node->next = NULL;
    if (s->foreign_tail) s->foreign_tail->next = node; else s->foreign_head = node;
    s->foreign_tail = node;
    il_errands_answered(s);
    atomic_fetch_add(&s->foreign_count, 1);
    pthread_cond_signal(&s->foreign_signal);
  }
  pthread_mutex_unlock(&il_inbox_lock);
}

bool il_deliver_foreign(void *job, il_place place, void *executor) {
  if (il_job_kind(job) != IL_KIND_TASK) return false;
  il_task *task = il_record(job);
  if (!task) return false;
  il_note_ready(NULL, task);
  il_post(task, (il_ready){
      .job = job, .task = task, .executor = executor, .resume = ((il_job *)job)->resume,
      .deadline = -1, .place = place, .priority = il_job_priority(job),
      .arrival = IL_ARRIVAL_FOREIGN});
  return true;
}

bool il_take_foreign(il_session *s, il_ready *ready, il_origin *origin) {
  if (LIKELY(!atomic_load_explicit(&s->foreign_count, memory_order_acquire))) return false;
  pthread_mutex_lock(&il_inbox_lock);
  il_foreign_node *node = s->foreign_head;
  if (s->has_crash_elsewhere) {
    s->has_crash_elsewhere = false;
    atomic_fetch_sub(&s->foreign_count, 1);
    pthread_mutex_unlock(&il_inbox_lock);
    *ready = (il_ready){.arrival = IL_ARRIVAL_CRASH};
    *origin = (il_origin){{0}};
    return true;
  }
  s->foreign_head = node->next;
  if (!s->foreign_head) s->foreign_tail = NULL;
  atomic_fetch_sub(&s->foreign_count, 1);
  int64_t reached = s->reached;
  pthread_mutex_unlock(&il_inbox_lock);
  // What was to be done later is done: so much time has passed.
  il_advance(s, reached);
  *ready = node->ready;
  *origin = node->origin;
  free(node);
  return true;
}

#if defined(__linux__)
enum { WAITING_CLOCK = CLOCK_MONOTONIC };
#else
enum { WAITING_CLOCK = CLOCK_REALTIME };
#endif

void il_make_signal(il_session *s) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
#if defined(__linux__)
  // Whatever becomes of the host's calendar meanwhile.
  pthread_condattr_setclock(&attributes, WAITING_CLOCK);
#endif
  pthread_cond_init(&s->foreign_signal, &attributes);
  pthread_condattr_destroy(&attributes);
}

bool il_wait_foreign(il_session *s, int64_t nanoseconds, bool errands) {
  // Whoever watches over this thread is told in time that it is not stuck.
  enum { SLICE = 500000000 };
  pthread_mutex_lock(&il_inbox_lock);
  unsigned changes = s->errand_changes;
  bool is_over = false;
  while (!is_over && nanoseconds > 0) {
    int64_t slice = nanoseconds < SLICE ? nanoseconds : SLICE;
    int64_t moment = il_real_clock(WAITING_CLOCK) + slice;
    struct timespec until = {.tv_sec = moment / 1000000000, .tv_nsec = moment % 1000000000};
    int result = 0;
    while (result != ETIMEDOUT && !is_over) {
      is_over = atomic_load(&s->foreign_count) || (errands && s->errand_changes != changes);
      if (!is_over)
        result = pthread_cond_timedwait(&s->foreign_signal, &il_inbox_lock, &until);
    }
    nanoseconds -= slice;
    il_guard_note_progress();
  }
  is_over = atomic_load(&s->foreign_count) || (errands && s->errand_changes != changes);
  pthread_mutex_unlock(&il_inbox_lock);
  return is_over;
}

IL_UNINSTRUMENTED_END
