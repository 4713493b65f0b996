// What there is once in a process, or once in a thread, and every room may ask for.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "ground.h"

#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

__thread il_session *il_current;
atomic_uint il_live_sessions;
bool il_is_forked, il_is_quiet;
__thread void *il_io_site;
void (*il_before_outside)(void);
static pid_t process;

bool il_is_own_process(void) { return getpid() == process; }

void il_note_process(void) { process = getpid(); }

// MARK: - The runtime

uintptr_t il_serial_witness, il_task_witness;
struct il_runtime il_runtime;
void *il_main, *il_elsewhere;
void *(*il_swift_task_getCurrent)(void);
switch_function il_found_switch;

switch_function il_find_switch(void) {
  return il_found_switch = (switch_function)il_next_symbol("swift_task_switch");
}

unsigned il_step_handlers(const il_session *s) { return il_handlers(s); }

unsigned il_own_handlers(void) { return il_current ? il_handlers(il_current) : 0; }

// MARK: - Sessions

pthread_mutex_t il_inbox_lock = PTHREAD_MUTEX_INITIALIZER;

void il_advance(il_session *s, int64_t now) { if (now > s->now) s->now = now; }

void il_post_crash(il_session *s) {
  pthread_mutex_lock(&il_inbox_lock);
  s->has_crash_elsewhere = true;
  atomic_fetch_add(&s->foreign_count, 1);
  pthread_cond_signal(&s->foreign_signal);
  pthread_mutex_unlock(&il_inbox_lock);
}

IL_UNINSTRUMENTED_END
