// How work is handed over on an errand: functions and blocks on queues, threads, processes.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "environment.h"

#include <spawn.h>
#include <stdlib.h>

IL_UNINSTRUMENTED_BEGIN

// Where the step that is running went on: a call of the library that hands work over has
// the same place in all of them.
static uintptr_t site_of(il_session *s, void *caller) {
  uintptr_t step = s && s->step_resume ? (uintptr_t)s->step_resume : 0;
  return (uintptr_t)caller * 31 ^ step;
}

il_errand *il_send(il_errand_kind kind, void *caller, uint64_t when) {
  il_session *s = il_current;
  il_errand *sender = il_on_errand;
  if (LIKELY(!s && !sender)) return NULL;
  il_errand *e = calloc(1, sizeof *e);
  e->kind = kind;
  e->site = site_of(s, caller);
  e->is_native = s ? il_is_native(s, IL_NATIVE_CODE, caller) : sender->is_native;
  e->due = s ? il_deadline_of(s, when) : il_time_until(when);
  int64_t left = s && e->due != INT64_MAX ? e->due - s->now : e->due;
  if (left > 0 && __builtin_add_overflow(il_real_clock(CLOCK_MONOTONIC), left, &e->real_due))
    e->real_due = INT64_MAX;
  pthread_mutex_lock(&il_inbox_lock);
  if (!s) {
    s = sender->session;
    e->due = e->due == INT64_MAX ? e->due : e->due + sender->due;
  }
  if (s) il_errand_link(s, e);
  pthread_mutex_unlock(&il_inbox_lock);
  if (s) return e;
  free(e);
  return NULL;
}

// MARK: - Functions

typedef struct {
  void (*work)(void *);
  void *context;
  il_errand *errand;
} function_errand;

void il_run_function(void *pointer) {
  function_errand f = *(function_errand *)pointer;
  free(pointer);
  il_errand *outer = il_on_errand;
  il_on_errand = f.errand;
  il_errand_begin(f.errand);
  f.work(f.context);
  il_on_errand = outer;
  il_errand_end(f.errand);
}

void *il_send_function(void (**work)(void *), void *context, void *caller, uint64_t when) {
  il_errand *errand = il_send(IL_ERRAND_WORK, caller, when);
  if (!errand) return context;
  errand->is_owned = true;
  function_errand *f = malloc(sizeof *f);
  *f = (function_errand){.work = *work, .context = context, .errand = errand};
  *work = il_run_function;
  return f;
}

// MARK: - Blocks

// As the compiler lays a block out that keeps another one.
struct block_layout {
  size_t reserved, size;
  void (*copy)(void *, const void *);
  void (*dispose)(const void *);
};

extern void *_NSConcreteStackBlock[32] __attribute__((weak));
extern void _Block_object_assign(void *, const void *, int) __attribute__((weak));
extern void _Block_object_dispose(const void *, int) __attribute__((weak));
enum { HOLDS_OBJECTS = 1 << 25, IS_BLOCK = 7 };

static void copy_block(void *copy, const void *from) {
  il_block *to = copy;
  const il_block *b = from;
  _Block_object_assign(&to->inner, b->inner, IS_BLOCK);
}

static void dispose_block(const void *block) {
  const il_block *b = block;
  _Block_object_dispose(b->inner, IS_BLOCK);
  il_errand_end(b->errand);
}

static void invoke_block(void *block) {
  il_block *b = block;
  il_errand *outer = il_on_errand;
  il_on_errand = b->errand;
  il_errand_begin(b->errand);
  ((il_block *)b->inner)->invoke(b->inner);
  il_on_errand = outer;
}

static const struct block_layout layout = {
    .size = sizeof(il_block), .copy = copy_block, .dispose = dispose_block};

void *il_wrap(il_block *wrapper, void *block, il_errand *errand) {
  if (!errand) return block;
  errand->is_owned = true;
  *wrapper = (il_block){
      .isa = _NSConcreteStackBlock, .flags = HOLDS_OBJECTS, .invoke = invoke_block,
      .layout = &layout, .inner = block, .errand = errand};
  return wrapper;
}

// MARK: - Threads

typedef struct {
  void *(*start)(void *);
  void *argument;
  il_errand *errand;
} thread_errand;

static void end_thread(void *errand) {
  il_on_errand = NULL;
  il_thread_counts_as = IL_THREAD_OF_NOBODY;
  il_count_thread(errand != NULL, -1);
  il_errand_end(errand);
}

static void *run_thread(void *pointer) {
  thread_errand t = *(thread_errand *)pointer;
  free(pointer);
  il_on_errand = t.errand;
  il_thread_counts_as = t.errand ? IL_THREAD_OF_RUN : IL_THREAD_OF_PROGRAM;
  void *result;
  pthread_cleanup_push(end_thread, t.errand);
  result = t.start(t.argument);
  pthread_cleanup_pop(1);
  return result;
}

int il_send_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument, void *caller, il_thread_maker make) {
  thread_errand *t = malloc(sizeof *t);
  il_errand *errand = il_send(IL_ERRAND_THREAD, caller, 0);
  if (errand) errand->is_owned = true;
  *t = (thread_errand){.start = start, .argument = argument, .errand = errand};
  il_count_thread(errand != NULL, 1);
  int result = make(thread, attributes, run_thread, t);
  if (result) {
    free(t);
    end_thread(errand);
  }
  return result;
}

// MARK: - Processes

typedef int (*spawn_function)(pid_t *, const char *, const posix_spawn_file_actions_t *,
                              const posix_spawnattr_t *, char *const *, char *const *);

static int spawn(spawn_function original, void *caller, pid_t *process, const char *path,
                 const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                 char *const *arguments, char *const *environment) {
  int result = original(process, path, actions, attributes, arguments, environment);
  if (result || (!il_current && !il_on_errand)) return result;
  // Whoever tells the run of its end may be anybody.
  il_send(IL_ERRAND_REQUEST, caller, 0);
  if (il_current) il_note_escape(il_current, IL_ESCAPE_PROCESS, caller);
  return result;
}

#define SPAWN(name)                                                                       \
  int name(pid_t *process, const char *path, const posix_spawn_file_actions_t *actions,   \
           const posix_spawnattr_t *attributes, char *const *arguments,                   \
           char *const *environment) {                                                    \
    void *caller = IL_CALLER();                                                           \
    static spawn_function original;                                                       \
    if (UNLIKELY(!original)) *(void **)&original = il_next_symbol(#name);                 \
    return spawn(original, caller, process, path, actions, attributes, arguments,         \
                 environment);                                                            \
  }

SPAWN(posix_spawn)
SPAWN(posix_spawnp)

IL_UNINSTRUMENTED_END
