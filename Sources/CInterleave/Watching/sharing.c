// Watching for what may be shared between steps unseen.
//
// While a proof is attempted, calls of other libraries' functions of which nothing is known
// are noted. At the beginning of each function of the program's that may share memory is a jump,
// from the first time on, to a stub that notes a run which wants to know. Where no jump can be, it
// is a breakpoint while anybody watches, and whoever meets that is sent on to the stub. At an atomic
// instruction without a jump it stays.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "watching.h"
#include "imports.h"
#include "jumps.h"
#include "sites.h"

IL_UNINSTRUMENTED_BEGIN

#if defined(__linux__) && defined(__x86_64__)
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static pthread_mutex_t watch_lock = PTHREAD_MUTEX_INITIALIZER;
// How many watch for what is unseen in a proof; jumps were written; and there are breakpoints that
// stay.
static unsigned watchers;
static bool has_jumps, has_breakpoints;
static struct sigaction previous;

// MARK: - Breakpoints

static const il_site *find(uintptr_t address) {
  size_t low = 0, high = il_site_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (il_sites[middle].at < address) low = middle + 1; else high = middle;
  }
  return low < il_site_count && il_sites[low].at == address ? &il_sites[low] : NULL;
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

bool il_pass_breakpoint(const siginfo_t *info, void *context) {
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  const il_site *site = info->si_code > 0 ? find((uintptr_t)registers[REG_RIP] - 1) : NULL;
  if (site) registers[REG_RIP] = (greg_t)site->stub;
  return site != NULL;
}

static void on_trap(int number, siginfo_t *info, void *context) {
  if (!il_pass_breakpoint(info, context)) pass_on(number, info, context);
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

// A breakpoint costs all who come by some microseconds, so it is there only while it is needed.
static bool write_breakpoints(bool is_set) {
  bool is_needed = false;
  for (size_t n = 0; n < il_site_count && !is_needed; n++)
    is_needed = il_sites[n].is_entry && !(has_jumps && il_sites[n].is_jump);
  if (!is_needed) return true;
  if (!il_allow_writing(il_images, true)) return false;
  for (size_t n = 0; n < il_site_count; n++) {
    const il_site *site = &il_sites[n];
    if (!site->is_entry || (has_jumps && (site->is_jump || site->is_atomic))) continue;
    uint8_t byte = is_set ? IL_BREAKPOINT : *site->code;
    __atomic_store_n((uint8_t *)site->at, byte, __ATOMIC_SEQ_CST);
  }
  return il_allow_writing(il_images, false);
}

// Once written, jumps stay: they cost who comes by next to nothing. Returns why there are none, or
// NULL.
static const char *write_jumps(void) {
  static const char *obstacle;
  if (has_jumps || obstacle) return obstacle;
  take_traps();
  obstacle = il_write_jumps(il_images, il_sites, il_site_count);
  has_jumps = !obstacle;
  for (size_t n = 0; n < il_site_count; n++)
    if (has_jumps && il_sites[n].is_atomic && !il_sites[n].is_jump) has_breakpoints = true;
  if (has_jumps)
    obstacle = il_has_thread_sanitizer() ? il_probe_sanitized() : il_probe_sites();
  return obstacle;
}

static bool watch(bool is_watching) {
  bool is_done = il_note_imports(is_watching);
  return write_breakpoints(is_watching) && is_done;
}

bool il_watch_begin(void) {
  // Under the thread sanitizer, plain loads and stores of atomics are not known.
  if (il_sites_obstacle() || il_has_thread_sanitizer()) return false;
  pthread_mutex_lock(&watch_lock);
  bool is_set = watchers > 0;
  if (!is_set && !is_traced()) {
    if (il_site_count) take_traps();
    write_jumps();
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

const char *il_watch_atomics(il_atomic_hook hook) {
  const char *obstacle = il_sites_obstacle();
  if (obstacle) return obstacle;
  pthread_mutex_lock(&watch_lock);
  if (has_jumps || !is_traced()) obstacle = write_jumps();
  else obstacle = "a debugger would take the breakpoints, until there are jumps, for its own";
  if (!obstacle) il_hook_atomics(hook);
  pthread_mutex_unlock(&watch_lock);
  return obstacle;
}

const char *il_watch_probe(void) {
  if (il_sites_obstacle() || il_has_thread_sanitizer()) return NULL;
  pthread_mutex_lock(&watch_lock);
  bool is_written = has_jumps || (!is_traced() && !write_jumps());
  const char *wrong = is_written ? il_probe_sites() : NULL;
  pthread_mutex_unlock(&watch_lock);
  return wrong;
}

void il_watch_renew(void) {
  is_passing = false;
  bool may_meet_any = __atomic_load_n(&watchers, __ATOMIC_RELAXED) || has_breakpoints;
  if (il_site_count && may_meet_any) take_traps();
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

static const char *watched_name(size_t index, size_t *count) {
  *count = 0;
  if (il_sites_obstacle()) return NULL;
  for (size_t n = 0; n < il_site_count; n++)
    if (il_sites[n].is_entry && (*count)++ == index) return il_sites[n].function->name;
  return NULL;
}

size_t il_watched_count(void) {
  size_t count;
  watched_name(SIZE_MAX, &count);
  return count;
}

const char *il_watched_name(size_t index) {
  size_t count;
  return watched_name(index, &count);
}
#else
const char *il_watch_atomics(il_atomic_hook hook) {
  (void)hook;
  return "the instructions of this platform are not known";
}
bool il_pass_breakpoint(const siginfo_t *info, void *context) {
  (void)info, (void)context;
  return false;
}
const char *il_watch_probe(void) { return NULL; }
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
