// Watching for what may be shared between steps unseen.
//
// While a proof is attempted, calls of other libraries' functions of which nothing is known
// are noted, and the first byte of each function of the program's that may share memory is a
// breakpoint.
// Whoever enters one is sent on to a copy of the instruction that was there, and from
// it to the next; so the breakpoint stays for every other thread, and a run that enters
// the function always shows it.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "watching.h"
#include "imports.h"
#include "instructions.h"
#include "watchlist.h"

IL_UNINSTRUMENTED_BEGIN

#if defined(__linux__) && defined(__x86_64__)
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { BREAKPOINT = 0xCC, SLOT = 32 };

typedef struct {
  il_function *function;
  uint8_t *copy;
} watched;

static il_image *images;
static watched *list;
static size_t list_count;
static bool can_watch;
static pthread_once_t prepare_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t watch_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned watchers;
static struct sigaction previous;

// MARK: - Preparation

// Puts the first instruction of a function, and a jump to the second, where the copy is
// to be. Returns false if it cannot run there.
static bool copy_first(const il_function *f, uint8_t *copy) {
  il_instruction instruction;
  if (!il_decode(f->code, f->size, &instruction) || instruction.is_short_branch) return false;
  if (*(const uint8_t *)f->start != *f->code) return false;
  memcpy(copy, f->code, instruction.length);
  if (instruction.relative_at) {
    int32_t distance;
    memcpy(&distance, copy + instruction.relative_at, sizeof distance);
    int64_t moved = (int64_t)f->start - (int64_t)copy + distance;
    if (moved != (int32_t)moved) return false;
    distance = (int32_t)moved;
    memcpy(copy + instruction.relative_at, &distance, sizeof distance);
  }
  uint8_t *jump = copy + instruction.length;
  uintptr_t next = f->start + instruction.length;
  memcpy(jump, "\xFF\x25\0\0\0\0", 6);
  memcpy(jump + 6, &next, sizeof next);
  return true;
}

// Finds room for copies that is near enough for distances in them.
static uint8_t *make_room(size_t size) {
  for (uintptr_t gap = 1ul << 20; gap < 1ul << 30; gap *= 2) {
    uintptr_t place = (images->end + gap) & ~4095ul;
    void *room = mmap((void *)place, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (room == (void *)place) return room;
    if (room != MAP_FAILED) munmap(room, size);
  }
  return NULL;
}

static int by_function(const void *a, const void *b) {
  uintptr_t x = ((const watched *)a)->function->start, y = ((const watched *)b)->function->start;
  return x < y ? -1 : x > y;
}

static void prepare(void) {
  // A sanitizer puts calls of its own in the place of atomic instructions, and is full of them.
  if (il_has_thread_sanitizer() || il_has_address_sanitizer()) return;
  if (!il_find_functions(&images) || !il_find_imports(images)) return;
  il_watch_deinits(images);
  size_t capacity = 0;
  for (il_image *image = images; image; image = image->next)
    for (size_t i = 0; i < image->count; i++) capacity += image->functions[i].is_watched;
  can_watch = true;
  if (!capacity) return;
  list = calloc(capacity, sizeof *list);
  uint8_t *copies = make_room(capacity * SLOT);
  can_watch = list && copies;
  for (il_image *image = images; image && can_watch; image = image->next) {
    for (size_t i = 0; i < image->count && can_watch; i++) {
      il_function *f = &image->functions[i];
      if (!f->is_watched || (i && f->start == f[-1].start && f[-1].is_watched)) continue;
      uint8_t *copy = copies + list_count * SLOT;
      can_watch = f->size && copy_first(f, copy);
      list[list_count++] = (watched){f, copy};
      if (!image->first_page) image->first_page = f->start & ~4095ul;
      image->last_page = f->start & ~4095ul;
    }
  }
  qsort(list, list_count, sizeof *list, by_function);
  if (copies && mprotect(copies, capacity * SLOT, PROT_READ | PROT_EXEC)) can_watch = false;
}

// MARK: - Breakpoints

static const watched *find(uintptr_t address) {
  size_t low = 0, high = list_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (list[middle].function->start < address) low = middle + 1; else high = middle;
  }
  return low < list_count && list[low].function->start == address ? &list[low] : NULL;
}

// Whoever was there before may pass it on to us in turn.
static __thread bool is_passing;

static void pass_on(int number, siginfo_t *info, void *context) {
  bool is_action = previous.sa_flags & SA_SIGINFO;
  if (!is_action && previous.sa_handler == SIG_IGN) return;
  if (is_passing || (!is_action && previous.sa_handler == SIG_DFL)) {
    signal(number, SIG_DFL);
    raise(number);
    return;
  }
  is_passing = true;
  if (is_action) previous.sa_sigaction(number, info, context);
  else previous.sa_handler(number);
  is_passing = false;
}

static void on_trap(int number, siginfo_t *info, void *context) {
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  const watched *entered = info->si_code > 0 ? find((uintptr_t)registers[REG_RIP] - 1) : NULL;
  if (!entered) {
    pass_on(number, info, context);
    return;
  }
  il_session *s = il_current;
  if (s && s->notes_unseen && s->unseen.kind == IL_UNSEEN_NOTHING) {
    // What our own code does with a lock of its own is no program's doing.
    uintptr_t caller = *(const uintptr_t *)registers[REG_RSP];
    const il_function *from = il_function_at(images, caller);
    if (!from || !from->is_own) {
      s->unseen = (il_unseen){
          .kind = entered->function->is_deinit   ? IL_UNSEEN_DEINIT
                  : entered->function->is_beside ? IL_UNSEEN_BESIDE
                                                 : IL_UNSEEN_ATOMICS,
          .place = entered->function->start, .function = entered->function->start};
    }
  }
  registers[REG_RIP] = (greg_t)entered->copy;
}

static void take_traps(void) {
  struct sigaction action = {.sa_sigaction = on_trap,
                             .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  struct sigaction current;
  sigemptyset(&action.sa_mask);
  if (il_handle_signal(SIGTRAP, NULL, &current) ||
      (current.sa_flags & SA_SIGINFO && current.sa_sigaction == on_trap)) return;
  previous = current;
  il_handle_signal(SIGTRAP, &action, NULL);
}

// A debugger would take the breakpoints for its own.
static bool is_traced(void) {
  char text[4096];
  int descriptor = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return true;
  ssize_t count = read(descriptor, text, sizeof text - 1);
  close(descriptor);
  if (count <= 0) return true;
  text[count] = 0;
  const char *tracer = strstr(text, "TracerPid:");
  return !tracer || strtol(tracer + 10, NULL, 10) != 0;
}

static bool allow_writing(bool is_allowed) {
  int access = PROT_READ | PROT_EXEC | (is_allowed ? PROT_WRITE : 0);
  for (il_image *image = images; image; image = image->next) {
    if (!image->first_page) continue;
    size_t size = image->last_page - image->first_page + 4096;
    if (mprotect((void *)image->first_page, size, access)) return false;
  }
  return true;
}

static bool write_breakpoints(bool is_set) {
  if (!allow_writing(true)) return false;
  for (size_t i = 0; i < list_count; i++) {
    const il_function *f = list[i].function;
    __atomic_store_n((uint8_t *)f->start, is_set ? BREAKPOINT : *f->code, __ATOMIC_SEQ_CST);
  }
  return allow_writing(false);
}

static bool watch(bool is_watching) {
  bool is_done = il_note_imports(is_watching);
  return (!list_count || write_breakpoints(is_watching)) && is_done;
}

bool il_watch_begin(void) {
  pthread_once(&prepare_once, prepare);
  if (!can_watch) return false;
  pthread_mutex_lock(&watch_lock);
  bool is_set = watchers > 0;
  if (!is_set && !is_traced()) {
    if (list_count) take_traps();
    is_set = watch(true);
  }
  if (is_set) watchers++;
  pthread_mutex_unlock(&watch_lock);
  return is_set;
}

void il_watch_end(void) {
  pthread_mutex_lock(&watch_lock);
  // The handler stays: a thread may have met a breakpoint and not yet be there.
  if (!--watchers) watch(false);
  pthread_mutex_unlock(&watch_lock);
}

void il_watch_renew(void) {
  is_passing = false;
  if (list_count && __atomic_load_n(&watchers, __ATOMIC_RELAXED)) take_traps();
}

void il_watch_pause(void) { pthread_mutex_lock(&watch_lock); }

void il_watch_resume(void) {
  // Those who watch are in the parent.
  if (il_is_forked && watchers) {
    watchers = 0;
    watch(false);
  }
  pthread_mutex_unlock(&watch_lock);
}

size_t il_watched_count(void) {
  pthread_once(&prepare_once, prepare);
  return list_count;
}

const char *il_watched_name(size_t index) { return list[index].function->name; }
#else
bool il_watch_begin(void) { return false; }
void il_watch_end(void) {}
void il_watch_renew(void) {}
void il_watch_pause(void) {}
void il_watch_resume(void) {}
size_t il_watched_count(void) { return 0; }
const char *il_watched_name(size_t index) { return ""; }
#endif

il_unseen il_session_unseen(const il_session *s) { return s->unseen; }

IL_UNINSTRUMENTED_END
