// Whether what the runtime keeps for each thread goes along with a step that is interrupted.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Ground/ground.h"

#include <dlfcn.h>
#include <string.h>

IL_UNINSTRUMENTED_BEGIN

// What the runtime notes of an access that goes on: what is accessed, where that began, and the
// one that it was begun within, with a mark in its lowest bits.
typedef struct {
  void *object, *site;
  uintptr_t outer;
} access_note;

enum { MODIFY = 1, TRACKED = 0x20, MARKS = 7 };

typedef void (*begin_function)(void *object, access_note *note, uintptr_t flags, void *site);
typedef void (*end_function)(access_note *note);

static struct {
  begin_function begin;
  end_function end;
  void *task, *other_task;
  long object, inner, others;
  access_note outer_note, inner_note, others_note;
  const char *wrong;
} probe;

static uintptr_t outer_of(const access_note *note) { return note->outer & ~(uintptr_t)MARKS; }

void il_carriers_probe_begin(void) {
  memset(&probe, 0, sizeof probe);
  *(void **)&probe.begin = dlsym(RTLD_DEFAULT, "swift_beginAccess");
  *(void **)&probe.end = dlsym(RTLD_DEFAULT, "swift_endAccess");
  probe.wrong = "a step that was interrupted was not followed by another";
  if (!probe.begin || !probe.end) return;
  probe.task = il_swift_task_getCurrent();
  probe.begin(&probe.object, &probe.outer_note, MODIFY | TRACKED, NULL);
}

void il_carriers_probe_between(void) {
  if (!probe.begin || !probe.end) return;
  probe.other_task = il_swift_task_getCurrent();
  probe.wrong = NULL;
  if (!probe.other_task || probe.other_task == probe.task)
    probe.wrong = "a step finds the task of one that was interrupted";
  probe.begin(&probe.others, &probe.others_note, MODIFY | TRACKED, NULL);
  if (outer_of(&probe.others_note) == (uintptr_t)&probe.outer_note)
    probe.wrong = "a step finds what one that was interrupted has access to";
  probe.end(&probe.others_note);
}

const char *il_carriers_probe_end(void) {
  if (!probe.begin || !probe.end) return "the runtime does not export swift_beginAccess";
  if (!probe.wrong && il_swift_task_getCurrent() != probe.task)
    probe.wrong = "a step that was interrupted goes on with the task of another";
  probe.begin(&probe.inner, &probe.inner_note, MODIFY | TRACKED, NULL);
  if (!probe.wrong && outer_of(&probe.inner_note) != (uintptr_t)&probe.outer_note)
    probe.wrong = "a step that was interrupted does not find what it has access to";
  probe.end(&probe.inner_note);
  probe.end(&probe.outer_note);
  return probe.wrong;
}

IL_UNINSTRUMENTED_END
