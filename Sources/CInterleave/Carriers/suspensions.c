// Which dispatch queues are suspended, or not yet active: what they were handed does not begin.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "carriers.h"

#include <stdlib.h>

#if defined(IL_HAS_CARRIERS)
IL_UNINSTRUMENTED_BEGIN

// `il_inbox_lock` guards both. What is suspended is not freed.
static struct suspension {
  void *object;
  unsigned count;
} *suspended;
static size_t suspended_count, suspended_capacity;
enum { MOST_ATTRIBUTES = 64 };
static void *inactive_attributes[MOST_ATTRIBUTES];
static size_t inactive_count;

static struct suspension *find(const void *object) {
  for (size_t n = 0; n < suspended_count; n++)
    if (suspended[n].object == object) return &suspended[n];
  return NULL;
}

// Returns how often it is suspended then.
static unsigned note(void *object, int difference) {
  pthread_mutex_lock(&il_inbox_lock);
  struct suspension *known = find(object);
  if (!known && difference > 0) {
    if (suspended_count == suspended_capacity) {
      suspended_capacity = suspended_capacity ? 2 * suspended_capacity : 16;
      suspended = realloc(suspended, suspended_capacity * sizeof *suspended);
      if (!suspended) abort();
    }
    known = &suspended[suspended_count++];
    *known = (struct suspension){.object = object};
  }
  unsigned count = known ? known->count += (unsigned)difference : 0;
  if (known && !count) *known = suspended[--suspended_count];
  pthread_mutex_unlock(&il_inbox_lock);
  return count;
}

unsigned il_suspensions_of(void *queue) { return note(queue, 0); }

void il_note_activated(void *object) {
  if (note(object, 0)) il_lane_suspend(object, note(object, -1));
}

void il_count_suspension(void *object) { il_lane_suspend(object, note(object, 1)); }

int il_uncount_suspension(void *object) { return note(object, 0) ? (int)note(object, -1) : -1; }

// MARK: - Queues that begin inactive

static bool is_inactive(const void *attribute) {
  for (size_t n = 0; n < inactive_count; n++)
    if (inactive_attributes[n] == attribute) return true;
  return false;
}

static void *note_inactive(void *attribute, bool is) {
  if (!is) return attribute;
  pthread_mutex_lock(&il_inbox_lock);
  if (!is_inactive(attribute) && inactive_count < MOST_ATTRIBUTES)
    inactive_attributes[inactive_count++] = attribute;
  pthread_mutex_unlock(&il_inbox_lock);
  return attribute;
}

void *dispatch_queue_attr_make_initially_inactive(void *attribute) {
  IL_REAL(dispatch_queue_attr_make_initially_inactive, void *(*)(void *));
  return note_inactive(original(attribute), true);
}

void *dispatch_queue_attr_make_with_qos_class(void *attribute, unsigned qos, int priority) {
  IL_REAL(dispatch_queue_attr_make_with_qos_class, void *(*)(void *, unsigned, int));
  return note_inactive(original(attribute, qos, priority), is_inactive(attribute));
}

void *dispatch_queue_attr_make_with_autorelease_frequency(void *attribute, unsigned long often) {
  IL_REAL(dispatch_queue_attr_make_with_autorelease_frequency, void *(*)(void *, unsigned long));
  return note_inactive(original(attribute, often), is_inactive(attribute));
}

void *dispatch_queue_create(const char *label, void *attribute) {
  IL_REAL(dispatch_queue_create, void *(*)(const char *, void *));
  void *made = original(label, attribute);
  if (UNLIKELY(is_inactive(attribute))) note(made, 1);
  return made;
}

void *dispatch_queue_create_with_target(const char *label, void *attribute, void *target) {
  IL_REAL(dispatch_queue_create_with_target, void *(*)(const char *, void *, void *));
  void *made = original(label, attribute, target);
  if (UNLIKELY(is_inactive(attribute))) note(made, 1);
  return made;
}

IL_UNINSTRUMENTED_END
#endif
