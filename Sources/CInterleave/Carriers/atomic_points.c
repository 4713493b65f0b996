// Atomic instructions of the program, before which a step can be interrupted: each is told of by its
// word. `Mutex` is made of them, and is a lock all the same.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "carriers.h"
#include "../Watching/watching.h"

#include <string.h>
#if defined(IL_HAS_CARRIERS)
#include <sys/syscall.h>
#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

uint64_t il_value_of(const void *word, uint8_t width) {
  uint64_t value = 0;
  memcpy(&value, word, width < sizeof value ? width : sizeof value);
  return value;
}

// MARK: - Mutexes

// The word of a `Mutex` is the number of the thread that holds it, as its code has learned that
// once; to that of a process which was forked later, it is the other thread's.
static bool is_number_of_thread(uint64_t value) {
  static __thread uint32_t first, forked;
  if (UNLIKELY(!first)) first = (uint32_t)syscall(SYS_gettid);
  if (UNLIKELY(il_is_forked) && !forked) forked = (uint32_t)syscall(SYS_gettid);
  return value && ((uint32_t)value == first || (uint32_t)value == forked);
}

static bool takes_mutex(const il_atomic *atomic) {
  return atomic->compares && atomic->width == sizeof(uint32_t) && !(uint32_t)atomic->expected &&
         is_number_of_thread(atomic->desired);
}

static bool gives_back_mutex(const il_atomic *atomic) {
  return atomic->compares && atomic->width == sizeof(uint32_t) && !(uint32_t)atomic->desired &&
         is_number_of_thread(atomic->expected);
}

void il_note_mutex_taken(il_session *s, void *word, const void *site) {
  if (s->heeds_atomics) il_note_taken(s, word, IL_HELD_WORD, false, site);
}

// MARK: - Turning round

// A step that finds a word as it was again and again, or that comes to a great many without a
// pause, may be waiting for others: they go on, as long as they can, until the word has changed.
static void give_way(il_session *s, const il_atomic *atomic) {
  enum { PATIENCE = 8, MOST = 1000 };
  il_carriers *c = s->carriers;
  il_turning *turning = &c->turning;
  uint64_t value = il_value_of(atomic->word, atomic->width);
  bool is_same = turning->word == atomic->word && turning->value == value;
  turning->word = atomic->word;
  turning->value = value;
  turning->same = is_same ? turning->same + 1 : 0;
  if (turning->same < PATIENCE && ++turning->all < MOST) return;
  *turning = (il_turning){0};
  il_carrier *me = c->current;
  me->seen = value;
  me->width = atomic->width;
  me->is_trial = true;
  il_await(s, atomic->word, atomic->place, IL_WANTS_CHANGE);
  me->is_trial = false;
}

// MARK: - All

static void reach(il_session *s, const il_atomic *atomic) {
  if (s->carriers == NULL || !s->step_task) return;
  if (gives_back_mutex(atomic)) {
    il_note_given(s, atomic->word);
    return;
  }
  bool is_lock = takes_mutex(atomic);
  if (!is_lock) give_way(s, atomic);
  il_reach(s, is_lock ? IL_POINT_LOCK : IL_POINT_ATOMIC, atomic->word, atomic->place,
           IL_WANTS_NOTHING);
  // What is done after the point is done by the part of the step that goes on there.
  il_note_lock(atomic->word, atomic->place);
  if (is_lock && !il_value_of(atomic->word, atomic->width))
    il_note_mutex_taken(s, atomic->word, atomic->place);
}

const char *il_carriers_heed_atomics(void) { return il_watch_atomics(reach); }

IL_UNINSTRUMENTED_END
#endif
