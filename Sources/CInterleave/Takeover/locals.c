// Task-locals of detached tasks.
//
// A detached task sees none of its maker's task-locals. But Swift Testing finds
// the test that an expectation belongs to by a task-local, and so does
// Interleave its session: those few, and no others, are bound anew in each
// detached task that a step makes, as its first act.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "takeover.h"

#include <stdlib.h>
#include <string.h>
#if defined(__APPLE__)
#include <mach-o/dyld.h>
#include <mach-o/getsect.h>
#else
#include <link.h>
#endif

IL_UNINSTRUMENTED_BEGIN

enum { MOST_SHARED = 16 };

static struct {
  _Atomic(void *) key;
  const void *type;
} shared[MOST_SHARED];
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;

void il_share_local(void *key, const void *type) {
  pthread_mutex_lock(&shared_lock);
  for (int i = 0; i < MOST_SHARED; i++) {
    void *known = atomic_load(&shared[i].key);
    if (known == key) break;
    if (known) continue;
    shared[i].type = type;
    atomic_store(&shared[i].key, key);
    break;
  }
  pthread_mutex_unlock(&shared_lock);
}

static bool is_shared(void *key) {
  for (int i = 0; i < MOST_SHARED; i++) {
    void *known = atomic_load_explicit(&shared[i].key, memory_order_acquire);
    if (!known) return false;
    if (known == key) return true;
  }
  return true;  // No room for more.
}

// MARK: - Learning which locals are the test library's

static uintptr_t library_begin, library_end;

#if defined(__APPLE__)
static void look_for_library(void) {
  for (uint32_t i = 0; i < _dyld_image_count(); i++) {
    const char *path = _dyld_get_image_name(i), *name = path ? strrchr(path, '/') : NULL;
    if (!name || (strcmp(name, "/Testing") && strcmp(name, "/libTesting.dylib"))) continue;
    unsigned long size = 0;
    const struct mach_header_64 *header = (const void *)_dyld_get_image_header(i);
    library_begin = (uintptr_t)getsegmentdata(header, "__TEXT", &size);
    library_end = library_begin + size;
  }
}
#else
static int find_library(struct dl_phdr_info *info, size_t size, void *unused) {
  (void)size, (void)unused;
  const char *name = strrchr(info->dlpi_name, '/');
  if (strcmp(name ? name + 1 : info->dlpi_name, "libTesting.so")) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
    uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
    uintptr_t end = begin + info->dlpi_phdr[i].p_memsz;
    if (!library_begin || begin < library_begin) library_begin = begin;
    if (end > library_end) library_end = end;
  }
  return 1;
}

static void look_for_library(void) { dl_iterate_phdr(find_library, NULL); }
#endif

typedef SWIFT_CC void (*push_function)(void *key, void *value, const void *type);
static push_function original_push;
static SWIFT_CC void *(*original_get)(void *key);
static SWIFT_CC void (*original_pop)(void);
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void) {
  look_for_library();
  *(void **)&original_push = il_next_symbol("swift_task_localValuePush");
  *(void **)&original_get = il_next_symbol("swift_task_localValueGet");
  *(void **)&original_pop = il_next_symbol("swift_task_localValuePop");
}

SWIFT_CC void swift_task_localValuePush(void *key, void *value, const void *type) {
  uintptr_t caller = (uintptr_t)IL_CALLER();
  pthread_once(&once, prepare);
  if (UNLIKELY(caller - library_begin < library_end - library_begin) && !is_shared(key))
    il_share_local(key, type);
  original_push(key, value, type);
}

// MARK: - Giving them to a detached task

// The parts of a type's value witnesses that copying needs.
typedef struct {
  void *unused0;
  SWIFT_CC void (*destroy)(void *value, const void *type);
  SWIFT_CC void *(*copy)(void *to, const void *from, const void *type);
  void *unused1[5];
  size_t size, stride;
  uint32_t flags;
} value_witnesses;

static const value_witnesses *witnesses_of(const void *type) {
  return ((const value_witnesses *const *)type)[-1];
}

struct il_bindings {
  int count;
  struct {
    void *key, *value;
    const void *type;
  } list[MOST_SHARED];
};

// Binds them in the task that runs, or in the thread where none does. Pushing takes the value.
static void bind(struct il_bindings *bindings) {
  for (int i = bindings->count - 1; i >= 0; i--) {
    original_push(bindings->list[i].key, bindings->list[i].value, bindings->list[i].type);
    free(bindings->list[i].value);
  }
  free(bindings);
}

// Copies of what is bound where we are; NULL: nothing is.
static struct il_bindings *copy_bindings(void) {
  if (!atomic_load_explicit(&shared[0].key, memory_order_acquire)) return NULL;
  pthread_once(&once, prepare);
  struct il_bindings *bindings = NULL;
  for (int i = 0; i < MOST_SHARED; i++) {
    void *key = atomic_load_explicit(&shared[i].key, memory_order_acquire);
    if (!key) break;
    const void *value = original_get(key);
    if (!value) continue;
    if (!bindings) bindings = calloc(1, sizeof *bindings);
    const value_witnesses *witnesses = witnesses_of(shared[i].type);
    size_t alignment = (witnesses->flags & 0xFF) + 1;
    if (alignment < 16) alignment = 16;
    void *copy = aligned_alloc(alignment, (witnesses->size + alignment) & ~(alignment - 1));
    witnesses->copy(copy, value, shared[i].type);
    bindings->list[bindings->count].key = key;
    bindings->list[bindings->count].value = copy;
    bindings->list[bindings->count++].type = shared[i].type;
  }
  return bindings;
}

static SWIFT_ASYNC void start_with_locals(ASYNC_CONTEXT void *context) {
  il_task *task = il_record(il_swift_task_getCurrent());
  bind(task->bindings);
  task->bindings = NULL;
  SWIFT_ASYNC void (*start)(ASYNC_CONTEXT void *) = task->saved_start;
  MUSTTAIL return start(context);
}

void il_give_locals(il_task *task) {
  struct il_bindings *bindings = copy_bindings();
  if (!bindings) return;
  il_job *job = task->job;
  task->bindings = bindings;
  task->saved_start = job->resume;
  job->resume = (void *)start_with_locals;
}

void il_drop_locals(il_task *task) {
  struct il_bindings *bindings = task->bindings;
  if (!bindings) return;
  task->bindings = NULL;
  for (int i = 0; i < bindings->count; i++) {
    const void *type = bindings->list[i].type;
    witnesses_of(type)->destroy(bindings->list[i].value, type);
    free(bindings->list[i].value);
  }
  free(bindings);
}

// MARK: - Lending them to one that is being made

#if defined(__linux__)
// Where the runtime keeps which task this thread runs; NULL where that is not found.
static void **place_of_task(void) {
  static __thread void **known;
  void *task = il_swift_task_getCurrent();
  if (!task || (known && *known == task)) return task ? known : NULL;
  il_local_block block = il_block_of_thread("libswift_Concurrency.so");
  void **begin = block.memory, **end = begin + block.size / sizeof *begin;
  for (void **place = begin; place < end; place++) {
    if (*place != task) continue;
    *place = NULL;
    bool is_it = !il_swift_task_getCurrent();
    *place = task;
    if (is_it) return known = place;
  }
  return NULL;
}
#else
static void **place_of_task(void) { return NULL; }
#endif

bool il_lend_locals(il_loan *loan) {
  void **place = place_of_task();
  struct il_bindings *bindings = place ? copy_bindings() : NULL;
  if (!bindings) return false;
  *loan = (il_loan){.place = place, .task = *place, .count = bindings->count};
  *place = NULL;
  bind(bindings);
  return true;
}

void il_take_back_locals(const il_loan *loan) {
  for (int i = 0; i < loan->count; i++) original_pop();
  *loan->place = loan->task;
}

IL_UNINSTRUMENTED_END
