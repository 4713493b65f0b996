// Who holds what.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "carriers.h"

#include <stdio.h>
#include <stdlib.h>

#if defined(IL_HAS_CARRIERS)
IL_UNINSTRUMENTED_BEGIN

static size_t place_of(const il_carriers *c, const void *object) {
  uintptr_t word = (uintptr_t)object >> 3;
  return (word * 0x9E3779B97F4A7C15u >> 20) & (c->held_capacity - 1);
}

il_held *il_known_held(const il_carriers *c, const void *object) {
  if (!c->held_count) return NULL;
  il_held *last = c->last_held;
  if (last && last->object == object && last->run == c->run) return last;
  for (size_t n = place_of(c, object);; n = (n + 1) & (c->held_capacity - 1)) {
    il_held *entry = &c->held[n];
    if (entry->run != c->run) return NULL;
    if (entry->object == object) return entry;
  }
}

static void grow(il_carriers *c) {
  il_held *old = c->held;
  size_t count = c->held_capacity;
  c->held_capacity = count ? 2 * count : 256;
  c->held = calloc(c->held_capacity, sizeof *c->held);
  if (!c->held) abort();
  c->last_held = NULL;
  for (size_t n = 0; n < count; n++) {
    if (old[n].run != c->run) continue;
    size_t to = place_of(c, old[n].object);
    while (c->held[to].run == c->run) to = (to + 1) & (c->held_capacity - 1);
    c->held[to] = old[n];
  }
  free(old);
}

il_held *il_find_held(il_carriers *c, void *object) {
  il_held *known = il_known_held(c, object);
  if (known) return c->last_held = known;
  if (2 * (c->held_count + 1) > c->held_capacity) grow(c);
  size_t to = place_of(c, object);
  while (c->held[to].run == c->run) to = (to + 1) & (c->held_capacity - 1);
  c->held[to] = (il_held){.object = object, .run = c->run};
  c->held_count++;
  return c->last_held = &c->held[to];
}

bool il_is_held_elsewhere(const il_carriers *c, il_want want, void *object, unsigned step) {
  const il_held *held = il_known_held(c, object);
  if (!held) return false;
  bool is_anothers = held->holder && held->holder != step && !held->is_left;
  return is_anothers || (want == IL_WANTS_LOCK && held->sharers);
}

bool il_is_held_by_step(const il_carriers *c, const void *object) {
  const il_held *held = il_known_held(c, object);
  return held && held->depth && held->holder == c->inside.number;
}

void il_note_taken_by(il_session *s, void *object, il_held_kind kind, bool is_shared,
                      const void *site, bool is_runtime) {
  il_carriers *c = s->carriers;
  il_held *held = il_find_held(c, object);
  held->kind = kind;
  held->site = site;
  held->task = s->step_task->index;
  held->is_runtime = is_runtime;
  held->is_left = false;
  if (is_shared) {
    held->sharers++;
  } else {
    held->holder = c->inside.number;
    held->depth++;
  }
  if (is_runtime) c->inside.runtime_locks++; else c->inside.locks++;
}

void il_note_taken(il_session *s, void *object, il_held_kind kind, bool is_shared,
                   const void *site) {
  il_note_taken_by(s, object, kind, is_shared, site, il_code_at(site) == IL_CODE_RUNTIME);
}

void il_note_given(il_session *s, void *object) {
  il_carriers *c = s->carriers;
  il_held *held = il_known_held(c, object);
  if (!held || !(held->depth || held->sharers)) return;
  // Whoever took it in an earlier step than this one is counted no more.
  bool is_own = !held->depth || held->holder == c->inside.number;
  unsigned *count = held->is_runtime ? &c->inside.runtime_locks : &c->inside.locks;
  if (is_own && *count) --*count;
  if (!held->depth) held->sharers--;
  else if (!--held->depth) held->holder = 0;
}

size_t il_carriers_held(const il_session *s, const void **locks, size_t capacity) {
  const il_carriers *c = s->carriers;
  if (!c || !c->inside.locks) return 0;
  size_t count = 0;
  for (size_t n = 0; n < c->held_capacity; n++) {
    const il_held *held = &c->held[n];
    if (held->run != c->run) continue;
    if (held->sharers) return SIZE_MAX;
    if (!held->depth || held->holder != c->inside.number) continue;
    if (count < capacity) locks[count] = held->object;
    count++;
  }
  return count;
}

void il_note_opened(il_session *s, void *object) { il_find_held(s->carriers, object)->openings++; }

// A thread may take it again that has it, and all steps run on one.
static bool is_recursive(const il_held *held) {
#if defined(__GLIBC__)
  enum { KINDS = 3 };
  if (held->kind == IL_HELD_MUTEX)
    return (((pthread_mutex_t *)held->object)->__data.__kind & KINDS) == PTHREAD_MUTEX_RECURSIVE_NP;
#endif
  return held->kind == IL_HELD_MUTEX || held->kind == IL_HELD_FILE;
}

void il_leave_taken(il_carriers *c) {
  // Nobody goes on with what a thread was at when it ended.
  bool is_thread = il_is_thread(c->session->step_task);
  for (size_t n = 0; n < c->held_capacity; n++) {
    il_held *held = &c->held[n];
    if (held->run == c->run && held->depth && held->holder == c->inside.number)
      held->is_left = !is_thread && is_recursive(held);
  }
}

// By whom the thread sanitizer takes an object to be held.
static void *fiber_of_holder(const il_carriers *c, const il_held *held) {
  const il_session *s = c->session;
  for (size_t n = 0; n < s->task_count; n++)
    if (s->tasks[n]->alive && s->tasks[n]->index == held->task) return s->tasks[n]->fiber;
  return NULL;
}

void il_give_back_all(il_carriers *c) {
  for (size_t n = 0; n < c->held_capacity; n++) {
    il_held *held = &c->held[n];
    if (held->run != c->run) continue;
    void *here = il_fiber_visit(fiber_of_holder(c, held));
    for (unsigned times = held->depth + held->sharers; times; times--) {
      switch (held->kind) {
      case IL_HELD_MUTEX: pthread_mutex_unlock(held->object); break;
      case IL_HELD_READ_WRITE: pthread_rwlock_unlock(held->object); break;
      case IL_HELD_SPIN: pthread_spin_unlock(held->object); break;
      case IL_HELD_FILE: funlockfile(held->object); break;
      case IL_HELD_ONCE: break;
      case IL_HELD_WORD: atomic_store((atomic_int *)held->object, 0); break;
      }
    }
    il_fiber_return(here);
  }
}

IL_UNINSTRUMENTED_END
#endif
