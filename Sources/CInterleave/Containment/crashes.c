// A step, or a thread that works for a run, gets a signal that would end the process.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "guard.h"
#include "../Watching/watching.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

static const int crashes[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGPIPE};
enum { CRASHES = sizeof crashes / sizeof *crashes };
static struct sigaction previous[CRASHES];

void il_pass_on(int signal, siginfo_t *info, void *context, const struct sigaction *old) {
  if (old->sa_flags & SA_SIGINFO && old->sa_sigaction && !il_is_forked) {
    old->sa_sigaction(signal, info, context);
    return;
  }
  if (!(old->sa_flags & SA_SIGINFO) && old->sa_handler == SIG_IGN) return;
  if (!(old->sa_flags & SA_SIGINFO) && old->sa_handler != SIG_DFL && !il_is_forked) {
    old->sa_handler(signal);
    return;
  }
  struct sigaction fallback = {.sa_handler = SIG_DFL};
  il_handle_signal(signal, &fallback, NULL);
  // What the processor raised comes again when the instruction is tried again.
  if (info->si_code <= 0) raise(signal);
}

// The address that could not be accessed, if it is known.
static uintptr_t address_of(const siginfo_t *info) {
#if defined(SI_KERNEL)
  if (info->si_code == SI_KERNEL) return UINTPTR_MAX;
#endif
  return info->si_code > 0 ? (uintptr_t)info->si_addr : 0;
}

// Who wrote to where nobody reads wrote its report: that ends the process as ever.
static bool is_unheard(void) {
  struct pollfd ends[] = {{.fd = STDOUT_FILENO}, {.fd = STDERR_FILENO}};
  // It is not the run that looks.
  il_session *s = il_current;
  il_current = NULL;
  bool looks = poll(ends, 2, 0) > 0;
  il_current = s;
  return looks && ((ends[0].revents | ends[1].revents) & POLLERR);
}

// A thread that runs no step does what the runs that go on have asked of it: they have let
// closures or threads out of their control, and no task runs there.
bool il_is_of_run(const il_guard *g) {
  return il_is_forked || il_current == g->session || (!il_this_guard && g->session->has_ever_escaped && il_swift_task_getCurrent &&
                          !il_swift_task_getCurrent());
}

static void park_elsewhere(void) __attribute__((noreturn));
static void park_elsewhere(void) {
  // Nobody need wait for what it might have done.
  il_thread_is_lost();
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, NULL);
  for (;;) pause();
}

// A crash on a thread that runs no step. Returns where nothing is to be done about it.
static void crash_elsewhere(int signal, siginfo_t *info, void *context) {
  static __thread bool is_at_it;
  il_guard *g = atomic_load(&il_active_guard);
  if (!g || !g->session || is_at_it || signal == SIGPIPE || !il_is_own_process()) return;
  is_at_it = true;
  if (!il_is_of_run(g)) {
    il_write_journal(g, true);
    return;
  }
  int none = 0;
  if (!atomic_compare_exchange_strong(&g->has_elsewhere, &none, 1)) park_elsewhere();
  il_stop stop = {.kind = IL_STOP_SIGNAL, .code = signal, .is_elsewhere = true};
  stop.address = address_of(info);
  il_note_calls(&stop, il_program_counter(context), context, 0);
  if (!il_is_forked && il_is_in_allocator(&stop)) {
    il_write_journal(g, true);
    return;
  }
  g->elsewhere = stop;
  atomic_store(&g->has_elsewhere, 2);
  il_tell_guard(g, IL_TOLD_CRASH_ELSEWHERE);
  park_elsewhere();
}

// The process ends by what others make of the signal. It is not the run that does it: what they
// call waits for no step, and allocates nothing.
static void end_process(int signal, siginfo_t *info, void *context, const struct sigaction *old) {
  il_session *s = il_current;
  il_current = NULL;
  il_pass_on(signal, info, context, old);
  il_current = s;
}

static void on_crash(int signal, siginfo_t *info, void *context) {
  int index = 0;
  while (index < CRASHES - 1 && crashes[index] != signal) index++;
  if (signal == SIGTRAP && il_pass_breakpoint(info, context)) return;
  if (signal == SIGSEGV || signal == SIGBUS) il_end_broken_walk();
  il_unmove(context);
  il_guard *g = il_this_guard;
  bool is_contained = g && il_current && il_is_own_process();
  if (!is_contained || g->crashes > 1 || (signal == SIGPIPE && is_unheard())) {
    if (!is_contained) crash_elsewhere(signal, info, context);
    end_process(signal, info, context, &previous[index]);
    return;
  }
  // What the program has done to its stack may make it unreadable.
  if (g->crashes++) il_stop_here(g, &g->stop);
  g->stop = (il_stop){.kind = IL_STOP_SIGNAL, .code = signal, .frame_count = 1,
                      .address = address_of(info), .frames = {il_program_counter(context)}};
  il_stop stop = {.kind = IL_STOP_SIGNAL, .code = signal};
  uintptr_t address = (uintptr_t)info->si_addr, sp = il_stack_pointer(context);
  stop.address = address_of(info);
  if (signal == SIGSEGV || signal == SIGBUS) {
    bool is_near_sp = address - (sp - 65536) < 2 * 65536;
    stop.is_overflow = is_near_sp && address < g->stack_begin + 65536 &&
                       address >= g->stack_begin - (1 << 20);
  }
  il_release_returns(g);
  il_note_calls(&stop, il_program_counter(context), context,
                stop.is_overflow ? (address | 4095) + 1 : 0);
  stop.resumed_task = il_current->resumed_before;
  if (!il_is_forked && il_is_in_allocator(&stop)) {
    il_write_journal(g, false);
    end_process(signal, info, context, &previous[index]);
    return;
  }
  il_stop_here(g, &stop);
}

void il_add_crash_signals(sigset_t *set) {
  for (int n = 0; n < CRASHES; n++) sigaddset(set, crashes[n]);
}

void il_handle_crashes(void) {
  struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  sigemptyset(&action.sa_mask);
  for (int n = 0; n < CRASHES; n++) {
    // Who ignores that is told by the call.
    struct sigaction known;
    if (crashes[n] == SIGPIPE && !sigaction(SIGPIPE, NULL, &known) &&
        known.sa_handler == SIG_IGN) continue;
    il_handle_signal(crashes[n], &action, &previous[n]);
  }
}

// A program may keep its own signals away while it works, but not those that it raises itself:
// they would end the process.
static sigset_t without_own(const sigset_t *set) {
  sigset_t kept = *set;
  for (int n = 0; n < CRASHES; n++) sigdelset(&kept, crashes[n]);
  sigdelset(&kept, IL_HANG_SIGNAL);
  return kept;
}

#define MASKING(name)                                                             \
  int name(int how, const sigset_t *set, sigset_t *old) {                         \
    static int (*original)(int, const sigset_t *, sigset_t *);                    \
    if (UNLIKELY(!original)) *(void **)&original = il_next_symbol(#name);         \
    if (!il_is_contained() || !set || how == SIG_UNBLOCK) return original(how, set, old); \
    sigset_t kept = without_own(set);                                             \
    return original(how, &kept, old);                                             \
  }

MASKING(pthread_sigmask)
MASKING(sigprocmask)

IL_UNINSTRUMENTED_END
