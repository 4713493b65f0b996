// The children of large task groups, in the order in which the runtime looks for them.
//
// A group keeps its children in a list, from which it takes one once its result was asked for: it
// looks for it from the first on. Natively, those that were made first end first, and are found at
// once. A run has them end in any order, so that each of ten thousand costs a look at thousands. So
// those that have ended are moved to the front, one behind the other, as they are asked for. Nobody
// can tell: the others keep their order, in which they are cancelled.
//
// This changes the runtime's own list. So where that is was looked up in a group that we made, and
// nothing is changed whose links are not what they have to be. Nor is it while anybody else may: all
// steps of the run are on this thread, and whole.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "takeover.h"

#include <stdlib.h>

IL_UNINSTRUMENTED_BEGIN

// With fewer, a look at all of them costs less than what is done here.
enum { FEWEST = 256 };
// So many are looked at to find where those that have ended come to their end.
enum { MOST_LOOKS = 32 };

// The group's first and last child, and a child's next one, as far from the beginning as that is; 0
// where it is not known.
static struct {
  size_t first, last, next;
} places;

// The children of a group that have not ended, in the order in which they were made.
struct il_siblings {
  void *group;
  il_task *first, *last;
  size_t count;
  // The last child that was moved, as long as its parent has not taken one since; NULL for none.
  void *moved;
  // Of the same parent.
  struct il_siblings *other;
};

static inline void **link_at(void *object, size_t place) {
  return (void **)((char *)object + place);
}

// MARK: - Who there is

static struct il_siblings *siblings_in(il_task *parent, void *group) {
  struct il_siblings *unused = NULL;
  for (struct il_siblings *g = parent->groups; g; g = g->other) {
    if (g->group == group) return g;
    if (!g->count) unused = g;
  }
  if (!unused) {
    unused = calloc(1, sizeof *unused);
    if (!unused) return NULL;
    unused->other = parent->groups;
    parent->groups = unused;
  }
  unused->group = group;
  unused->moved = NULL;
  return unused;
}

void il_siblings_add(il_task *parent, il_task *child) {
  struct il_siblings *g = parent ? siblings_in(parent, child->group) : NULL;
  child->siblings = g;
  if (!g) return;
  child->elder = g->last;
  child->younger = NULL;
  if (g->last) g->last->younger = child; else g->first = child;
  g->last = child;
  g->count++;
}

static void forget(struct il_siblings *g, il_task *child) {
  if (child->elder) child->elder->younger = child->younger; else g->first = child->younger;
  if (child->younger) child->younger->elder = child->elder; else g->last = child->elder;
  g->count--;
  child->siblings = NULL;
}

void il_siblings_begin_step(il_task *parent) {
  for (struct il_siblings *g = parent->groups; g; g = g->other) g->moved = NULL;
}

void il_siblings_leave(il_task *task) {
  if (task->siblings) forget(task->siblings, task);
  for (struct il_siblings *g = task->groups; g; g = g->other) {
    while (g->first) forget(g, g->first);
    g->group = NULL;
  }
}

void il_siblings_free(il_task *task) {
  il_siblings_leave(task);
  while (task->groups) {
    struct il_siblings *g = task->groups;
    task->groups = g->other;
    free(g);
  }
}

// MARK: - The runtime's list

// The link to the first child that has not ended; NULL where that is not found.
//
// The one that was moved last is still in the list: only its parent takes those that have ended,
// unless it was waiting for that one, and then none had ended before it that is still there.
static void **link_to_first(const struct il_siblings *g) {
  void *first = g->first->job, **link = link_at(g->group, places.first);
  if (*link == first) return link;
  if (g->moved) {
    link = link_at(g->moved, places.next);
    return *link == first ? link : NULL;
  }
  for (int looks = 0; *link && looks < MOST_LOOKS; looks++) {
    link = link_at(*link, places.next);
    if (*link == first) return link;
  }
  return NULL;
}

static void move_forward(struct il_siblings *g, il_task *child) {
  void **to = link_to_first(g), *job = child->job;
  if (!to) return;
  if (g->first != child) {
    void **from = link_at(child->elder->job, places.next), **next = link_at(job, places.next);
    void **last = link_at(g->group, places.last);
    bool is_last = *last == job;
    if (*from != job || is_last != !*next) return;
    *from = *next;
    if (is_last) *last = child->elder->job;
    *next = *to;
    *to = job;
  }
  g->moved = job;
}

// Whether only this thread changes the list, and nobody is amid doing so.
static bool is_alone(const il_session *s, const il_task *child) {
#if defined(IL_HAS_CARRIERS)
  if (s->carriers && s->carriers->parked) return false;
#endif
  return child == s->step_task && !s->immediate && !atomic_load(&s->has_let_go);
}

void il_siblings_end(il_session *s, il_task *child) {
  struct il_siblings *g = child->siblings;
  if (g->count >= FEWEST && places.next && is_alone(s, child)) move_forward(g, child);
  forget(g, child);
}

// MARK: - Where that is

enum { WORDS = 32 };

// The only one of an object's words that is that pointer; 0 for none.
static size_t place_of(void *const *words, const void *pointer) {
  size_t place = 0;
  for (size_t n = 0; n < WORDS; n++) {
    if (words[n] != pointer) continue;
    if (place) return 0;
    place = n * sizeof *words;
  }
  return place;
}

const char *il_siblings_probe(void) {
  const il_task *parent = il_current ? il_current->step_task : NULL;
  const struct il_siblings *g = parent ? parent->groups : NULL;
  while (g && g->count != 3) g = g->other;
  if (!g) return "the children of a task group are not known";
  void *group[WORDS], *children[3][WORDS], *jobs[3];
  const il_task *child = g->first;
  bool is_read = il_read_memory(g->group, group, sizeof group);
  for (int n = 0; n < 3; n++, child = child->younger) {
    jobs[n] = child->job;
    is_read &= il_read_memory(child->job, children[n], sizeof children[n]);
  }
  if (!is_read) return "a task group or its child is smaller than expected";
  size_t first = place_of(group, jobs[0]), last = place_of(group, jobs[2]);
  size_t next = place_of(children[0], jobs[1]);
  if (!first || !last || !next || place_of(children[1], jobs[2]) != next ||
      children[2][next / sizeof(void *)])
    return "a task group does not keep its children in a list from the first to the last";
  places.first = first;
  places.last = last;
  places.next = next;
  return NULL;
}

IL_UNINSTRUMENTED_END
