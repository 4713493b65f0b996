// Errands: what a run has others do for it, on threads that it does not control.
//
// Blocks and functions on queues, threads that a step makes, timers of libdispatch and
// other processes are counted from when they are handed over until they are done with, so
// that it is known whether somebody still works for the run.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "ground.h"

#include <stdlib.h>

IL_UNINSTRUMENTED_BEGIN

__thread il_errand *il_on_errand;
__thread il_thread_kind il_thread_counts_as;

// MARK: - Threads

static atomic_uint live_threads;
// Of these, those that a run has made.
static atomic_uint threads_of_runs;

unsigned il_foreign_threads(void) {
  return atomic_load_explicit(&live_threads, memory_order_relaxed);
}

unsigned il_threads_of_runs(void) {
  return atomic_load_explicit(&threads_of_runs, memory_order_relaxed);
}

void il_count_thread(bool is_of_run, int difference) {
  atomic_fetch_add_explicit(&live_threads, (unsigned)difference, memory_order_relaxed);
  if (is_of_run)
    atomic_fetch_add_explicit(&threads_of_runs, (unsigned)difference, memory_order_relaxed);
}

void il_thread_is_lost(void) {
  if (il_thread_counts_as != IL_THREAD_OF_NOBODY)
    il_count_thread(il_thread_counts_as == IL_THREAD_OF_RUN, -1);
  il_thread_counts_as = IL_THREAD_OF_NOBODY;
}

// MARK: - Errands

void il_errand_link(il_session *s, il_errand *e) {
  e->session = s;
  e->previous = NULL;
  e->next = s->errands;
  if (s->errands) s->errands->previous = e;
  s->errands = e;
}

static void unlink_errand(il_errand *e) {
  il_session *s = e->session;
  if (!s) return;
  if (e->previous) e->previous->next = e->next; else s->errands = e->next;
  if (e->next) e->next->previous = e->previous;
  e->session = NULL;
  s->errand_changes++;
  pthread_cond_signal(&s->foreign_signal);
}

void il_errand_begin(il_errand *e) {
  if (!e) return;
  pthread_mutex_lock(&il_inbox_lock);
  il_session *s = e->session;
  if (s && e->due > s->reached && e->due != INT64_MAX) s->reached = e->due;
  e->has_begun = true;
  if (s && e->kind == IL_ERRAND_SOURCE) {
    s->errand_changes++;
    pthread_cond_signal(&s->foreign_signal);
  }
  pthread_mutex_unlock(&il_inbox_lock);
}

void il_errand_end(il_errand *e) {
  if (!e) return;
  pthread_mutex_lock(&il_inbox_lock);
  unlink_errand(e);
  pthread_mutex_unlock(&il_inbox_lock);
  free(e);
}

void il_errand_set_due(void *object, int64_t due) {
  il_session *s = il_current;
  if (!s) return;
  pthread_mutex_lock(&il_inbox_lock);
  for (il_errand *e = s->errands; e; e = e->next)
    if (e->object == object) e->due = due;
  pthread_mutex_unlock(&il_inbox_lock);
}

il_errand *il_errand_of(void *object) {
  il_session *s = il_current;
  il_errand *found = NULL;
  if (!s) return NULL;
  pthread_mutex_lock(&il_inbox_lock);
  for (il_errand *e = s->errands; e && !found; e = e->next)
    if (e->object == object && !e->is_owned) found = e;
  if (found) found->is_owned = true;
  pthread_mutex_unlock(&il_inbox_lock);
  return found;
}

// Whoever was to answer has done so. The lock is held.
void il_errands_answered(il_session *s) {
  for (il_errand *e = s->errands, *next; e; e = next) {
    next = e->next;
    if (e->kind != IL_ERRAND_REQUEST || e->real_due > il_real_clock(CLOCK_MONOTONIC)) continue;
    if (e->due > s->reached) s->reached = e->due;
    unlink_errand(e);
    free(e);
  }
}

void il_errands_drop(il_session *s) {
  pthread_mutex_lock(&il_inbox_lock);
  for (il_errand *e = s->errands, *next; e; e = next) {
    next = e->next;
    e->session = NULL;
    if (!e->is_owned) free(e);
  }
  s->errands = NULL;
  s->reached = 0;
  pthread_mutex_unlock(&il_inbox_lock);
}

size_t il_errands(il_session *s, il_errand_note *notes, size_t capacity) {
  size_t count = 0;
  pthread_mutex_lock(&il_inbox_lock);
  for (il_errand *e = s->errands; e && count < capacity; e = e->next) {
    // What goes on for ever may do something, but need not.
    bool is_idle = e->kind == IL_ERRAND_SOURCE && e->has_begun && !e->goes_on;
    if (is_idle || e->due == INT64_MAX) continue;
    notes[count++] = (il_errand_note){.site = e->site, .due = e->due};
  }
  pthread_mutex_unlock(&il_inbox_lock);
  return count;
}

bool il_is_served(il_session *s) {
  il_errand_note one;
  return s && il_errands(s, &one, 1);
}

IL_UNINSTRUMENTED_END
