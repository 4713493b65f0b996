// What a step can do to its thread and its process, kept to the thread.
//
// A *guard* watches over one thread that runs steps, from another thread. When a
// step crashes, leaves by `exit`, or does not return, its thread notes how and
// where, tells the other one, and sleeps for ever: what it holds may be broken,
// so nothing on it is ever run again.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/eventfd.h>
#include <sys/syscall.h>
#endif

IL_UNINSTRUMENTED_BEGIN

__thread il_guard *il_this_guard;
_Atomic(il_guard *) il_active_guard;

// MARK: - Stopping

void il_tell_guard(il_guard *g, unsigned what) {
  if (g->session) il_fiber_abandon(g->session);
  il_releases(g);
  atomic_fetch_or(&g->told, what);
  uint64_t once = 1;
  while (write(g->bell[1], &once, sizeof once) < 0 && errno == EINTR) {}
}

void il_stop_here(il_guard *g, const il_stop *stop) {
  if (stop != &g->stop) g->stop = *stop;
  il_current = NULL;
  il_tell_guard(g, IL_TOLD_STOPPED);
  il_park(g);
}


void il_stop_step(il_stop_kind kind, int code, void *site) {
  il_stop stop = {.kind = kind, .code = code};
  // An exception finds no way out past calls that are watched: it was no `abort` of the program's.
  if (il_release_returns(il_this_guard) && code == SIGABRT) stop.kind = IL_STOP_HANG;
  il_note_calls(&stop, (uintptr_t)site, NULL, 0);
  il_stop_here(il_this_guard, &stop);
}

// A copy of the process that the program makes is no run.
static void leave_run(void) {
  il_current = NULL;
  il_this_guard = NULL;
}

static void install(void) {
  il_find_allocator();
  il_note_process();
  pthread_atfork(NULL, NULL, leave_run);
  il_handle_crashes();
  il_handle_hangs();
  // The first walk loads what later ones, in handlers, must not.
  il_stop stop = {0};
  il_note_calls(&stop, (uintptr_t)__builtin_return_address(0), NULL, 0);
  if (write(-1, "", 0) > 0) return;
}

// MARK: - Guards

enum { ALTERNATE = 128 << 10 };

static bool make_bell(int bell[2]) {
#if defined(__linux__)
  bell[0] = bell[1] = eventfd(0, EFD_CLOEXEC);
  return bell[0] >= 0;
#else
  if (pipe(bell)) return false;
  fcntl(bell[0], F_SETFD, FD_CLOEXEC);
  fcntl(bell[1], F_SETFD, FD_CLOEXEC);
  return true;
#endif
}

il_guard *il_guard_create(int64_t limit) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install);
  il_guard *g = calloc(1, sizeof *g);
  g->limit = limit;
  if (!make_bell(g->bell)) {
    free(g);
    return NULL;
  }
  il_own_file(g->bell[0]);
  if (g->bell[1] != g->bell[0]) il_own_file(g->bell[1]);
  return g;
}

static void close_own(int file) {
  il_disown_file(file);
  close(file);
}

void il_guard_destroy(il_guard *g) {
  close_own(g->bell[0]);
  if (g->bell[1] != g->bell[0]) close_own(g->bell[1]);
  free(g);
}

void il_guard_attach(il_guard *g) {
  g->thread = pthread_self();
#if defined(__linux__)
  g->thread_id = (int)syscall(SYS_gettid);
  pthread_getcpuclockid(g->thread, &g->clock);
  pthread_attr_t attributes;
  if (!pthread_getattr_np(g->thread, &attributes)) {
    void *base;
    size_t size;
    pthread_attr_getstack(&attributes, &base, &size);
    g->stack_begin = (uintptr_t)base;
    pthread_attr_destroy(&attributes);
  }
#endif
  void *memory = mmap(NULL, ALTERNATE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory != MAP_FAILED) {
    stack_t stack = {.ss_sp = memory, .ss_size = ALTERNATE};
    sigaltstack(&stack, &g->old_stack);
    g->alternate = memory;
  }
  sigset_t own;
  sigemptyset(&own);
  il_add_crash_signals(&own);
  sigaddset(&own, IL_HANG_SIGNAL);
  pthread_sigmask(SIG_UNBLOCK, &own, NULL);
  il_this_guard = g;
  atomic_store(&g->is_attached, true);
}

void il_guard_detach(il_guard *g) {
  il_guard_end_run(g);
  il_this_guard = NULL;
  g->session = NULL;
  if (g->alternate) {
    sigaltstack(&g->old_stack, NULL);
    munmap(g->alternate, ALTERNATE);
  }
  il_tell_guard(g, IL_TOLD_FINISHED);
}

void il_guard_exchange_stack(uintptr_t *left, uintptr_t entered) {
  il_guard *g = il_this_guard;
  if (!g) return;
  *left = g->stack_begin;
  g->stack_begin = entered;
}

il_guard *il_current_guard(void) { return il_this_guard; }
il_session *il_guard_session(const il_guard *g) { return g->session; }
const il_stop *il_guard_stop(const il_guard *g) {
  // What waits for the thread that crashed may be what did not return.
  return atomic_load(&g->has_elsewhere) == 2 ? &g->elsewhere : &g->stop;
}
bool il_guard_has_elsewhere(const il_guard *g) { return atomic_load(&g->has_elsewhere) == 2; }

IL_UNINSTRUMENTED_END
