// What a step can do to its thread and its process, kept to the thread.
//
// A *guard* watches over one thread that runs steps, from another thread. When a
// step crashes, leaves by `exit`, or does not return, its thread notes how and
// where, tells the other one, and sleeps for ever: what it holds may be broken,
// so nothing on it is ever run again.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <setjmp.h>
#include <unistd.h>
#include <unwind.h>
#include <dlfcn.h>
#if defined(__linux__)
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <ucontext.h>
#endif

IL_UNINSTRUMENTED_BEGIN

__thread il_guard *il_this_guard;
bool il_is_forked;
_Atomic(il_guard *) il_active_guard;
static pid_t process;

// MARK: - Where it happened

typedef struct {
  il_stop *stop;
  uintptr_t start, end;
  bool has_started;
  // It came to the end of the step, or has all that is kept.
  bool is_complete;
  // Where the frame of the caller of the last one begins.
  uintptr_t reached;
} walk;

static _Unwind_Reason_Code add_frame(struct _Unwind_Context *context, void *argument) {
  walk *w = argument;
  int is_exact = 0;
  uintptr_t address = _Unwind_GetIPInfo(context, &is_exact);
  if (!address) return _URC_END_OF_STACK;
  // What is above the start is our own.
  if (!w->has_started && address != w->start) return _URC_NO_REASON;
  w->has_started = true;
  w->is_complete = w->stop->frame_count == IL_STOP_FRAMES ||
                   // What lies beyond the step is ours again.
                   (w->end && _Unwind_GetCFA(context) > w->end);
  if (w->is_complete) return _URC_END_OF_STACK;
  w->reached = _Unwind_GetCFA(context);
  w->stop->frames[w->stop->frame_count++] = is_exact ? address : address - 1;
  return _URC_NO_REASON;
}

// Where a walk goes on that met memory which is not there.
static __thread sigjmp_buf *walking;

// Returns where the walk came to; 0 if it has all.
static uintptr_t note_frames(il_stop *stop, uintptr_t start) {
  // In the first and the last instructions of an asynchronous function, what tells the
  // way on is no address: it bears the mark of such a function.
  sigjmp_buf broken;
  walk w = {.stop = stop, .start = start};
  if (il_current) w.end = (uintptr_t)il_current->step_frame;
  stop->is_broken = sigsetjmp(broken, 0) != 0;
  if (!stop->is_broken) {
    walking = &broken;
    _Unwind_Backtrace(add_frame, &w);
  }
  walking = NULL;
  if (!stop->frame_count) stop->frames[stop->frame_count++] = start;
  return w.is_complete ? 0 : w.reached;
}

// The code of the allocator: who crashes in it may hold its lock.
static uintptr_t allocator_begin, allocator_end;

static void find_allocator(void) {
  static const char *const names[] = {"malloc", "free", "calloc", "realloc", "malloc_trim",
                                      "mallopt", "posix_memalign", "malloc_info"};
  for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
    uintptr_t address = (uintptr_t)il_allocator_symbol(names[n]);
    if (!address) continue;
    if (!allocator_begin || address < allocator_begin) allocator_begin = address;
    if (address > allocator_end) allocator_end = address;
  }
  // Its inner functions lie before those that others call.
  allocator_begin -= 0x3800;
  allocator_end += 0x100;
}

static bool is_in_allocator(const il_stop *stop) {
  if (stop->frame_count && il_is_sanitizer_code(stop->frames[0])) return true;
  for (size_t n = 0; n < stop->frame_count && n < 8; n++)
    if (stop->frames[n] - allocator_begin < allocator_end - allocator_begin) return true;
  return false;
}

uintptr_t il_function_start(uintptr_t instruction) {
  return (uintptr_t)_Unwind_FindEnclosingFunction((void *)instruction);
}

// MARK: - Stopping

static void tell(il_guard *g, unsigned what) {
  if (g->session) il_fiber_abandon(g->session);
  il_releases(g);
  atomic_fetch_or(&g->told, what);
  uint64_t once = 1;
  while (write(g->bell[1], &once, sizeof once) < 0 && errno == EINTR) {}
}

static void stop_here(il_guard *g, const il_stop *stop) __attribute__((noreturn));
static void stop_here(il_guard *g, const il_stop *stop) {
  if (stop != &g->stop) g->stop = *stop;
  il_current = NULL;
  tell(g, IL_TOLD_STOPPED);
  il_park(g);
}

bool il_is_contained(void) { return il_current && il_this_guard; }

bool il_is_own_process(void) { return getpid() == process; }

void il_note_process(void) { process = getpid(); }

void il_stop_step(il_stop_kind kind, int code, void *site) {
  il_stop stop = {.kind = kind, .code = code};
  note_frames(&stop, (uintptr_t)site);
  stop_here(il_this_guard, &stop);
}

// MARK: - The journal

void il_guard_set_journal(il_guard *g, const char *path, const char *head) {
  strncpy(g->journal, path, sizeof g->journal - 1);
  strncpy(g->journal_head, head, sizeof g->journal_head - 1);
}

void il_write_all(int file, const char *text, size_t count) {
  while (count) {
    ssize_t n = write(file, text, count);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    text += n;
    count -= (size_t)n;
  }
}

static int open_journal(char *path) {
  enum { FLAGS = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC };
  int file = open(path, FLAGS, 0666);
  if (file >= 0 || errno != ENOENT) return file;
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(path, 0777);
    *slash = '/';
  }
  return open(path, FLAGS, 0666);
}

// The process is about to die: what led here is kept for the next one.
static void write_journal(il_guard *g, bool is_elsewhere) {
  if (!g->journal[0] || !g->session) return;
  int file = open_journal(g->journal);
  if (file < 0) return;
  il_write_all(file, g->journal_head, strlen(g->journal_head));
  if (is_elsewhere) il_write_all(file, "elsewhere\n", 10);
  g->session->callbacks.journal(g->session->context, file);
  il_write_all(file, "end\n", 4);
  close(file);
}

// MARK: - Signals

static const int crashes[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGPIPE};
enum { CRASHES = sizeof crashes / sizeof *crashes };
static struct sigaction previous[CRASHES], previous_hang;

static uintptr_t program_counter(void *context) {
#if defined(__linux__) && defined(__x86_64__)
  return (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#elif defined(__linux__) && defined(__aarch64__)
  return (uintptr_t)((ucontext_t *)context)->uc_mcontext.pc;
#else
  (void)context;
  return 0;
#endif
}

static uintptr_t stack_pointer(void *context) {
#if defined(__linux__) && defined(__x86_64__)
  return (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RSP];
#elif defined(__linux__) && defined(__aarch64__)
  return (uintptr_t)((ucontext_t *)context)->uc_mcontext.sp;
#else
  (void)context;
  return 0;
#endif
}

// The frame pointer that an asynchronous function keeps bears a mark.
static uintptr_t unmarked(uintptr_t fp) { return fp & ~((uintptr_t)1 << 60); }

static uintptr_t frame_pointer(void *context) {
#if defined(__linux__) && defined(__x86_64__)
  return unmarked((uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RBP]);
#elif defined(__linux__) && defined(__aarch64__)
  return unmarked((uintptr_t)((ucontext_t *)context)->uc_mcontext.regs[29]);
#else
  (void)context;
  return 0;
#endif
}

// Some functions of the runtime have nothing that says how to leave them, so that the
// walk ends there. They keep the frame pointer of who called them.
//
// `reached`: where the walk ended. `readable`: where the part of the stack begins that
// can be read.
static void note_callers(il_stop *stop, void *context, uintptr_t reached, uintptr_t readable) {
  uintptr_t end = il_current ? (uintptr_t)il_current->step_frame : 0;
  if (!reached || !end) return;
  enum { NEAR = 64 };
  uintptr_t sp = stack_pointer(context), fp = frame_pointer(context);
  uintptr_t from = sp > readable ? sp : readable;
  if (stop->frame_count > 1 && reached > from) from = reached;
  from &= ~(sizeof from - 1);
  // Whoever called it is the first on the stack that is code with a known way out.
  for (uintptr_t at = from; at < end && at < from + NEAR * sizeof at; at += sizeof at) {
    if (stop->frame_count == IL_STOP_FRAMES) return;
    uintptr_t word = *(uintptr_t *)at;
    if (!_Unwind_FindEnclosingFunction((void *)(word - 1))) continue;
    stop->frames[stop->frame_count++] = word - 1;
    break;
  }
  while (fp >= readable && fp >= sp && fp < end && fp % sizeof fp == 0 &&
         stop->frame_count < IL_STOP_FRAMES) {
    uintptr_t next = unmarked(((uintptr_t *)fp)[0]), back = ((uintptr_t *)fp)[1];
    if (fp >= from && back && back - 1 != stop->frames[stop->frame_count - 1])
      stop->frames[stop->frame_count++] = back - 1;
    if (next <= fp) break;
    fp = next;
  }
}

// Lets whoever handled the signal before us have it.
static void pass_on(int signal, siginfo_t *info, void *context, const struct sigaction *old) {
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
  return il_is_forked || (!il_this_guard && g->session->has_ever_escaped && il_swift_task_getCurrent &&
                          !il_swift_task_getCurrent());
}

static void park_elsewhere(void) __attribute__((noreturn));
static void park_elsewhere(void) {
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
    write_journal(g, true);
    return;
  }
  int none = 0;
  if (!atomic_compare_exchange_strong(&g->has_elsewhere, &none, 1)) park_elsewhere();
  il_stop stop = {.kind = IL_STOP_SIGNAL, .code = signal, .is_elsewhere = true};
  stop.address = address_of(info);
  note_frames(&stop, program_counter(context));
  if (!il_is_forked && is_in_allocator(&stop)) {
    write_journal(g, true);
    return;
  }
  g->elsewhere = stop;
  atomic_store(&g->has_elsewhere, 2);
  tell(g, IL_TOLD_CRASH_ELSEWHERE);
  park_elsewhere();
}

static void on_crash(int signal, siginfo_t *info, void *context) {
  int index = 0;
  while (index < CRASHES - 1 && crashes[index] != signal) index++;
  if (walking && (signal == SIGSEGV || signal == SIGBUS)) siglongjmp(*walking, 1);
  il_guard *g = il_this_guard;
  bool is_contained = g && il_current && il_is_own_process();
  if (!is_contained || g->crashes > 1 || (signal == SIGPIPE && is_unheard())) {
    if (!is_contained) crash_elsewhere(signal, info, context);
    pass_on(signal, info, context, &previous[index]);
    return;
  }
  // What the program has done to its stack may make it unreadable.
  if (g->crashes++) stop_here(g, &g->stop);
  g->stop = (il_stop){.kind = IL_STOP_SIGNAL, .code = signal, .frame_count = 1,
                      .address = address_of(info), .frames = {program_counter(context)}};
  il_stop stop = {.kind = IL_STOP_SIGNAL, .code = signal};
  uintptr_t address = (uintptr_t)info->si_addr, sp = stack_pointer(context);
  stop.address = address_of(info);
  if (signal == SIGSEGV || signal == SIGBUS) {
    bool is_near_sp = address - (sp - 65536) < 2 * 65536;
    stop.is_overflow = is_near_sp && address < g->stack_begin + 65536 &&
                       address >= g->stack_begin - (1 << 20);
  }
  uintptr_t reached = note_frames(&stop, program_counter(context));
  note_callers(&stop, context, reached, stop.is_overflow ? (address | 4095) + 1 : 0);
  if (il_current->notes_resumers)
    stop.resumed_task = 1 + il_find_resumed(il_current, context, stack_pointer(context));
  if (!il_is_forked && is_in_allocator(&stop)) {
    write_journal(g, false);
    pass_on(signal, info, context, &previous[index]);
    return;
  }
  stop_here(g, &stop);
}

// Keeps of what was seen first what is seen now as well: the calls that led into a loop,
// and the function that it is in, but not what it calls now and then.
static void keep_common(il_stop *stop, const il_stop *now) {
  size_t common = 0, least = stop->frame_count;
  if (now->frame_count < least) least = now->frame_count;
  if (stop->frame_count == IL_STOP_FRAMES || now->frame_count == IL_STOP_FRAMES) return;
  uintptr_t *kept = stop->frames + stop->frame_count;
  const uintptr_t *seen = now->frames + now->frame_count;
  while (common < least && kept[-1] == seen[-1]) {
    common++;
    kept--;
    seen--;
  }
  if (common < least && il_function_start(kept[-1]) == il_function_start(seen[-1])) {
    common++;
    kept--;
  }
  for (size_t n = 0; n < common; n++) stop->frames[n] = kept[n];
  stop->frame_count = common;
}

enum { BROKEN_SAMPLES = 100 };

static void on_hang(int signal, siginfo_t *info, void *context) {
  il_guard *g = il_this_guard;
  if (!g || !atomic_load(&g->is_suspect)) {
    if (previous_hang.sa_handler != SIG_DFL && previous_hang.sa_handler != SIG_IGN)
      pass_on(signal, info, context, &previous_hang);
    return;
  }
  if (!il_current || atomic_load(&g->serial) != g->suspect) return;
  il_stop stop = {.kind = IL_STOP_HANG, .is_asleep = g->is_asleep};
  uintptr_t reached = note_frames(&stop, program_counter(context));
  // Where that cannot be told at this moment, it will be at another.
  if (stop.is_broken && ++g->broken_samples < BROKEN_SAMPLES) return;
  note_callers(&stop, context, reached, 0);
  if (!il_is_forked && is_in_allocator(&stop)) return;
  if (stop.is_asleep) stop_here(g, &stop);
  if (!g->samples++) g->stop = stop; else keep_common(&g->stop, &stop);
  if (g->samples < IL_SAMPLES) return;
  stop = g->stop;
  stop_here(g, &stop);
}

// A copy of the process that the program makes is no run.
static void leave_run(void) {
  il_current = NULL;
  il_this_guard = NULL;
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

static void install(void) {
  find_allocator();
  il_note_process();
  pthread_atfork(NULL, NULL, leave_run);
  struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  sigemptyset(&action.sa_mask);
  for (int n = 0; n < CRASHES; n++) {
    // Who ignores that is told by the call.
    struct sigaction known;
    if (crashes[n] == SIGPIPE && !sigaction(SIGPIPE, NULL, &known) && known.sa_handler == SIG_IGN)
      continue;
    il_handle_signal(crashes[n], &action, &previous[n]);
  }
  action.sa_sigaction = on_hang;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  il_handle_signal(IL_HANG_SIGNAL, &action, &previous_hang);
  // The first walk loads what later ones, in handlers, must not.
  il_stop stop = {0};
  note_frames(&stop, (uintptr_t)__builtin_return_address(0));
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
  for (int n = 0; n < CRASHES; n++) sigaddset(&own, crashes[n]);
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
  tell(g, IL_TOLD_FINISHED);
}

il_guard *il_current_guard(void) { return il_this_guard; }
il_session *il_guard_session(const il_guard *g) { return g->session; }
const il_stop *il_guard_stop(const il_guard *g) {
  // What waits for the thread that crashed may be what did not return.
  return atomic_load(&g->has_elsewhere) == 2 ? &g->elsewhere : &g->stop;
}
bool il_guard_has_elsewhere(const il_guard *g) { return atomic_load(&g->has_elsewhere) == 2; }

IL_UNINSTRUMENTED_END
