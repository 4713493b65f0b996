// Groups of libdispatch, and the blocks that are to follow when one has become empty.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "takeover.h"
#include "../Carriers/carriers.h"

#include <stdlib.h>

#if defined(IL_HAS_CARRIERS)
IL_UNINSTRUMENTED_BEGIN

// A block that waits for a group to become empty. `il_inbox_lock` guards the list.
typedef struct notice {
  void *group;
  il_session *session;
  il_task *task;
  struct notice *next;
} notice;

static notice *notices;
static atomic_uint notice_count;

static bool is_empty(void *group) {
  static intptr_t (*wait)(void *, uint64_t);
  if (UNLIKELY(!wait)) *(void **)&wait = il_next_symbol("dispatch_group_wait");
  return !wait(group, 0);
}

// Takes the first notice out that fits; NULL stands for any.
static bool take_notice(const void *group, const il_session *session, notice *taken) {
  pthread_mutex_lock(&il_inbox_lock);
  notice **link = &notices;
  while (*link && ((group && (*link)->group != group) || (session && (*link)->session != session)))
    link = &(*link)->next;
  notice *found = *link;
  if (found) {
    *taken = *found;
    *link = found->next;
    atomic_fetch_sub(&notice_count, 1);
  }
  pthread_mutex_unlock(&il_inbox_lock);
  free(found);
  return found != NULL;
}

bool il_await_group(il_session *s, void *group, il_task *task) {
  if (is_empty(group)) return true;
  notice *n = malloc(sizeof *n);
  if (!n) abort();
  *n = (notice){.group = group, .session = s, .task = task};
  pthread_mutex_lock(&il_inbox_lock);
  notice **link = &notices;
  while (*link) link = &(*link)->next;
  *link = n;
  atomic_fetch_add(&notice_count, 1);
  pthread_mutex_unlock(&il_inbox_lock);
  return false;
}

void il_groups_forget(il_session *s) {
  notice dropped;
  while (UNLIKELY(atomic_load(&notice_count) != 0) && take_notice(NULL, s, &dropped)) {}
}

void il_leave_group(void *group, il_session *inside) {
  static void (*leave)(void *);
  if (UNLIKELY(!leave)) *(void **)&leave = il_next_symbol("dispatch_group_leave");
  if (inside) il_note_opened(inside, group);
  leave(group);
  if (LIKELY(!atomic_load(&notice_count)) || !is_empty(group)) return;
  notice n;
  while (take_notice(group, inside, &n)) {
    // By the thread sanitizer's book, whoever waits for a group comes after all who have left it.
    if (inside) il_acquired(group);
    if (inside) il_go_on_with_block(inside, n.task);
    else il_post(n.task, (il_ready){
        .job = n.task->job, .task = n.task, .resume = ((il_job *)n.task->job)->resume,
        .deadline = -1, .place = IL_PLACE_GLOBAL, .priority = il_job_priority(n.task->job),
        .arrival = IL_ARRIVAL_FOREIGN});
  }
}

void dispatch_group_enter(void *group) {
  void *caller = IL_CALLER();
  IL_REAL(dispatch_group_enter, void (*)(void *));
  il_session *inside = il_inside();
  if (UNLIKELY(inside != NULL) &&
      il_code_at(il_program_call(caller, __builtin_frame_address(0))) == IL_CODE_PROGRAM)
    il_count_operation(inside);
  original(group);
}

void dispatch_group_leave(void *group) {
  void *caller = IL_CALLER();
  il_reach_opening(group, caller, __builtin_frame_address(0));
  il_leave_group(group, il_inside());
}

IL_UNINSTRUMENTED_END
#endif
