// What the files of the take-over share. Nothing here is for other targets.

#ifndef CINTERLEAVE_INTERNAL_H
#define CINTERLEAVE_INTERNAL_H

#include "CInterleave.h"

// All code of this target is in a section of its own, so that it can be told from the
// program's.
#define IL_CODE_SECTION "il_text"
#if defined(__linux__)
#pragma clang section text = "il_text"
#endif

// Code that the sanitizers leave alone: what stands in for other functions, runs in signal
// handlers, or keeps what it has looked up once, whichever thread comes first.
#define IL_UNINSTRUMENTED                                                              \
  __attribute__((no_sanitize("address", "thread"), disable_sanitizer_instrumentation))
#define IL_UNINSTRUMENTED_BEGIN                                                        \
  _Pragma("clang attribute push(IL_UNINSTRUMENTED, apply_to = function)")
#define IL_UNINSTRUMENTED_END _Pragma("clang attribute pop")

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

IL_UNINSTRUMENTED_BEGIN

#define SWIFT_CC __attribute__((swiftcall))
#define SWIFT_ASYNC __attribute__((swiftasynccall))
#define ASYNC_CONTEXT __attribute__((swift_async_context))
#define SELF_CONTEXT __attribute__((swift_context))
#define MUSTTAIL __attribute__((musttail))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
// Where the function goes on that called the one which begins with this. Asked for in
// a branch, it may be answered from a function that the optimizer made of the branch.
#define IL_CALLER() il_pinned(__builtin_return_address(0))
static inline __attribute__((always_inline)) void *il_pinned(void *address) {
  __asm__ volatile("" : "+r"(address));
  return address;
}

// The parts of a job and a task that the take-over reads or writes; 64-bit.
// `il_install` checks each of them by a controlled run.
typedef struct {
  void *object[2];
  void *scheduler_private[2];
  uint32_t flags;
  uint32_t id;
  void *voucher;
  void *reserved;
  void *resume;
  void *resume_context;
} il_job;

enum { IL_KIND_TASK = 0, IL_KIND_ACTOR_INLINE = 192, IL_KIND_ACTOR_OVERRIDE = 194 };

static inline uint8_t il_job_kind(const void *job) {
  return (uint8_t)((const il_job *)job)->flags;
}
static inline uint8_t il_job_priority(const void *job) {
  return (uint8_t)(((const il_job *)job)->flags >> 8);
}

// Where a task keeps its status: a word of flags, and a list of records.
enum {
  IL_TASK_STATUS = 0x60,
  IL_STATUS_HAS_DEPENDENCY = 0x4000,
  IL_STATUS_HAS_EXECUTOR_PREFERENCE = 0x8000,
};

// The first words of an asynchronous function's context.
typedef struct il_async_context {
  struct il_async_context *parent;
  void *resume_parent;
} il_async_context;

typedef struct {
  void *identity;
  uintptr_t witness;
} il_executor;

typedef SWIFT_ASYNC void (*resume_function)(ASYNC_CONTEXT void *context);
typedef SWIFT_ASYNC void (*return_function)(ASYNC_CONTEXT void *context,
                                            SELF_CONTEXT void *error);
typedef SWIFT_ASYNC void (*switch_function)(ASYNC_CONTEXT void *context, resume_function resume,
                                            void *identity, uintptr_t witness);

// Functions of the runtime that we call.
struct il_runtime {
  SWIFT_CC il_executor (*current_executor)(void);
  SWIFT_CC il_executor (*main_executor)(void);
  SWIFT_CC il_executor (*preferred_executor)(void);
  SWIFT_CC void (*run_job_on)(void *job, void *identity, uintptr_t witness,
                              void *task_identity, uintptr_t task_witness);
  SWIFT_CC void (*run_job)(void *job, void *identity, uintptr_t witness);
  SWIFT_CC void (*enqueue)(void *job, void *identity, uintptr_t witness);
  SWIFT_CC void (*cancel)(void *task);
  SWIFT_CC bool (*is_cancelled)(void *task);
};
extern struct il_runtime il_runtime;
// The identities of the main actor's executor, and of ours that nothing runs on.
extern void *il_main, *il_elsewhere;

typedef struct il_errand il_errand;

typedef struct il_foreign_node {
  il_ready ready;
  il_origin origin;
  struct il_foreign_node *next;
} il_foreign_node;

// What a run has somebody else do for it. Guarded by `il_inbox_lock`.
typedef enum {
  IL_ERRAND_WORK,
  IL_ERRAND_THREAD,
  // A timer, or something else that libdispatch waits for; it may go on for ever.
  IL_ERRAND_SOURCE,
  // What is over, as far as is known, when a foreign thread lets a task go on.
  IL_ERRAND_REQUEST,
} il_errand_kind;

typedef struct il_errand {
  // NULL when the run is over.
  il_session *session;
  struct il_errand *previous, *next;
  uintptr_t site;
  // The virtual time at which it is to be done, and the real one.
  int64_t due, real_due;
  // What it belongs to, if it is known by that.
  void *object;
  il_errand_kind kind;
  // Somebody will end it; what nobody does goes with its run.
  bool is_owned;
  bool has_begun;
  // It is as good as new when it has been done.
  bool goes_on;
} il_errand;

enum { IL_OWN = 64, IL_FIBERS = 512, IL_RACES = 8, IL_RESUMERS = 64, IL_CANDIDATES = 8, IL_RESUMER_CALLS = 8 };

// Who let a task go on, and what may be the continuation's object.
typedef struct {
  uint32_t task;
  size_t count, call_count;
  uintptr_t candidates[IL_CANDIDATES], calls[IL_RESUMER_CALLS];
} il_resumer;

struct il_session {
  il_callbacks callbacks;
  void *context;
  // For tests: hops to default actors are left to the runtime.
  bool leaves_hops;
  // The step that is running: its executor, and its task.
  void *executor;
  il_task *step_task;
  // The task that is being cancelled: what its handlers make is its own.
  il_task *cancelled;
  // The frame that called the step: what lies above it is the program's.
  void *step_frame;
  // The task that ended last in the running step.
  il_task *ended;
  // The last executor seen that is a user's own, and no default actor.
  void *custom_executor;
  // The actor whose own queue a task is being taken out of.
  void *bounce_target;
  // Drain jobs of default actors that the running step brought about.
  void *drains[8];
  unsigned drain_count;
  // Depth of calls that make a task, and where the outermost was made.
  unsigned creating;
  // Depth of calls that start a task at once, within the running step.
  unsigned immediate;
  bool creating_child;
  void *creation_site;
  void *creation_caller;
  void *creation_entry;
  void *creation_group;
  void *creation_let;
  // The first that the run did by which steps may share something unseen, if that is noted.
  il_unseen unseen;
  bool notes_unseen;
  // Depth of initializations of globals.
  unsigned initializing;
  // A libdispatch timer that the runtime is setting up.
  void *timer_source;
  void *timer_context;
  uint64_t timer_when;
  void (*timer_handler)(void *);
  // The run's own time and randomness.
  int64_t now;
  unsigned clock_reads;
  // Steps asked for the time, and let some pass.
  bool has_read_clock, has_slept;
  uint64_t random[4];
  il_task *free_tasks;
  il_task **tasks;
  size_t task_count, task_capacity;
  // What foreign threads made ready; `il_inbox_lock` guards it.
  pthread_cond_t foreign_signal;
  il_foreign_node *foreign_head, *foreign_tail;
  atomic_uint foreign_count;
  // What others do for the run, how often that has changed, and the virtual time that
  // they have come to.
  il_errand *errands;
  unsigned errand_changes;
  int64_t reached;
  // Where the running step went on.
  void *step_resume;
  bool running;
  // Odd while a step runs; the guard's, where there is one.
  atomic_uint *serial;
  atomic_uint own_serial;
  // What the run made that threads can wait for, and whether others may know it.
  void *own[IL_OWN];
  size_t own_count;
  bool has_escaped;
  // The same for all runs: what they left behind may still go on.
  bool has_ever_escaped;
  // Under the thread sanitizer: the fibers of the run's tasks, in the order in which they were
  // first needed; where they are made; and which one runs, for whom, before it is left.
  void *fibers[IL_FIBERS];
  size_t fiber_count, fibers_used;
  void *cradle, *home, *fiber, *fiber_executor;
  il_race races[IL_RACES];
  size_t race_count;
  // It is noted who resumes continuations.
  bool notes_resumers;
  // A thread that runs no step has crashed; `il_inbox_lock` guards it.
  bool has_crash_elsewhere;
  size_t resumer_count;
  il_resumer resumers[IL_RESUMERS];
  // On what the steps of the run can be interrupted inside; NULL where they cannot. And the
  // same between runs.
  il_carriers *carriers, *idle_carriers;
};

struct il_lock {
  atomic_int state;
};

enum { IL_SAID = 4096, IL_LOCKS = 64 };

// Where a call returns to: where that is kept, and what was there.
typedef struct {
  uintptr_t *slot, back;
} il_return;

// What was seen of a watched thread.
typedef struct {
  unsigned serial;
  // How long it has been at the step, and for how much of that it slept.
  int64_t cpu, wall, stuck, asleep;
} il_sample;

/// What is told of a thread that is watched.
enum { IL_TOLD_STOPPED = 1, IL_TOLD_FINISHED = 2, IL_TOLD_CRASH_ELSEWHERE = 4 };

struct il_guard {
  int64_t limit;
  // What the watching thread is to be told, and the file that wakes it for that: one where
  // there are such, since a suite has many guards at a time, or the two ends of a pipe.
  atomic_uint told;
  int bell[2];
  pthread_t thread;
  int thread_id;
  clockid_t clock;
  uintptr_t stack_begin;
  void *alternate;
  stack_t old_stack;
  atomic_bool is_attached;
  il_session *session;
  // Odd while a step runs, and another one for each.
  atomic_uint serial;
  il_sample last;
  // The step that was told of as slow; 0 for none.
  unsigned slow;
  // The step that has been running for too long.
  unsigned suspect;
  bool is_asleep;
  atomic_bool is_suspect;
  unsigned samples, broken_samples;
  // The processor time of its thread at the first sample.
  int64_t first_sample;
  // Its calls of which it is noted if they return, and the end of the outermost that did.
  il_return returns[IL_STOP_FRAMES];
  size_t return_count;
  uintptr_t returned;
  // Functions were seen that call one another as their last act.
  bool is_circle;
  // How often its step has crashed: once, and once while that was looked at.
  unsigned crashes;
  // A thread that runs no step crashes (1), or has crashed (2), and how.
  atomic_int has_elsewhere;
  il_stop elsewhere;
  bool has_turn;
  il_stop stop;
  // The locks that the run took last.
  void *locks[IL_LOCKS];
  size_t lock_count;
  char said[IL_SAID];
  size_t said_count;
  // What the stopped thread is asked to give back.
  atomic_int is_asked;
  void *asked;
  bool asked_is_word;
  // The process in which it was stopped, and who was stopped before it.
  int process;
  il_guard *next;
  char journal[1024];
  char journal_head[512];
};

static inline int64_t il_nanoseconds(const struct timespec *time) {
  return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

void *il_fiber_go_home(il_session *session);
void il_fiber_go_back(il_session *session, void *fiber);

// Tells the machine something during a step. What it does then is not the task's doing.
#define IL_TELL(session, callback, ...)                                                \
  do {                                                                                 \
    il_session *told = (session);                                                      \
    void *fiber = UNLIKELY(told->fiber != NULL) ? il_fiber_go_home(told) : NULL;       \
    told->callbacks.callback(told->context, __VA_ARGS__);                              \
    if (UNLIKELY(fiber != NULL)) il_fiber_go_back(told, fiber);                        \
  } while (0)

// A step begins, or ends.
static inline void il_step_edge(il_session *s) {
  atomic_store_explicit(
      s->serial, atomic_load_explicit(s->serial, memory_order_relaxed) + 1,
      memory_order_release);
}

extern __thread il_session *il_current;
// The guard that watches over this thread; and whether this process was forked by us.
extern __thread il_guard *il_this_guard;
extern bool il_is_forked;
// What this process prints, nobody sees.
extern bool il_is_quiet;
// The guard whose runs go on; NULL where none do.
extern _Atomic(il_guard *) il_active_guard;
/// This is the process that made the guards, and no copy that the program made of it.
bool il_is_own_process(void);
void il_note_process(void);
/// Notes what the running step has to say.
void il_note_said(const char *text, size_t count);
/// The running step must not close the file: it is told by `il_refuse` that there is none.
bool il_is_refused(int file);
int il_refuse(void);
/// This thread, which runs no step, does what the guard's run has asked of it.
bool il_is_of_run(const il_guard *guard);
/// The run that a guard watched over is over.
void il_guard_end_run(il_guard *guard);
/// Ctrl-C and SIGTERM come to `il_interrupts_begin`, and would end the process otherwise.
bool il_is_interrupt_handler(void (*handler)(int));
extern atomic_uint il_live_sessions;
extern uintptr_t il_serial_witness, il_task_witness;

// The runtime's own functions, behind ours.
extern void *(*il_swift_task_getCurrent)(void);

static inline il_task *il_record(const void *job) {
  return (il_task *)((const il_job *)job)->reserved;
}

/// The task prefers a task executor to the global one.
static inline bool il_prefers_executor(const il_task *task) {
  if (!task || task->simple || !task->alive) return false;
  uint64_t status = *(const uint64_t *)((const char *)task->job + IL_TASK_STATUS);
  return status & IL_STATUS_HAS_EXECUTOR_PREFERENCE;
}

/// Finds the function that an interposed one hides: a sanitizer's, where it stands in for it.
void *il_next_symbol(const char *name);
/// The same for a function of the C library that has versions.
void *il_next_version(const char *name, const char *version);
/// `sigaction`, past a sanitizer that keeps signals back.
int il_handle_signal(int number, const struct sigaction *action, struct sigaction *previous);
/// Finds a function of the C library's allocator, which a sanitizer does not use.
void *il_allocator_symbol(const char *name);
/// True if the code is a sanitizer's own, which may hold its locks.
bool il_is_sanitizer_code(uintptr_t address);
/// Tells a thread sanitizer that this thread goes on from what others have released, or
/// releases what it did.
void il_acquired(void *object);
void il_releases(void *object);
/// A run begins, or a session ends, under the thread sanitizer.
void il_fibers_begin(il_session *session);
void il_fibers_destroy(il_session *session);
/// Surround what a step does, where there is a cradle, or a fiber that runs.
void il_fiber_enter(il_session *session, const il_ready *ready);
void il_fiber_leave(il_session *session);
/// The step is given up, and its thread with it.
void il_fiber_abandon(il_session *session);
/// Surround what looks at the program between steps.
void il_races_ignore(void);
void il_races_heed(void);
/// True if the code at the address belongs to libswift_Concurrency.
bool il_is_concurrency_code(const void *address);

/// Hands a job to the session of this thread. False: it belongs to nobody here.
bool il_deliver(il_session *session, void *job, il_place place, void *executor,
                int64_t deadline);
/// Hands a job of a session to it from a thread that it does not own. False: it
/// is no session's job.
bool il_deliver_foreign(void *job, il_place place, void *executor);
/// Makes the session know a task that has just been made.
il_task *il_adopt(il_session *session, void *job, void *site, void *entry, bool child);
void il_free_record(il_session *session, il_task *task);
/// The calls that led to where the runtime was called, innermost first.
size_t il_calls_of_runtime(uintptr_t *calls, size_t capacity);
/// Notes who lets the task go on; where it is not known to have waited for a continuation, only
/// if a checked one is at hand that has been resumed.
void il_note_resumer(il_session *session, il_task *task, bool is_known);
/// The task whose continuation was resumed before by those who crash now; -1 for none.
int il_find_resumed(const il_session *session, void *context, uintptr_t stack_pointer);
/// Notes that a task goes on, whoever resumed its continuation: within the session, if it is
/// not NULL.
void il_note_ready(il_session *session, il_task *task);
/// Puts a message into the inbox of the task's session. If the task was
/// abandoned, nobody waits for it any more, and nothing happens.
void il_post(il_task *task, il_ready ready);
/// Tells a session that a thread which runs no step has crashed.
void il_post_crash(il_session *session);
/// Makes what foreign threads wake the session with.
void il_make_signal(il_session *session);
// Guards the inboxes of all sessions, and which session a task belongs to.
extern pthread_mutex_t il_inbox_lock;
SWIFT_ASYNC void swift_task_switch(ASYNC_CONTEXT void *context, resume_function resume,
                                   void *identity, uintptr_t witness);
extern switch_function il_found_switch;
switch_function il_find_switch(void);
/// The runtime's own `swift_task_switch`.
static inline switch_function il_real_switch(void) {
  return LIKELY(il_found_switch != NULL) ? il_found_switch : il_find_switch();
}
/// Takes tasks out of the actors' own queues that the step put them into.
void il_drain_actors(il_session *session);
/// What a task's closure returns to, in the runtime's stead.
void *il_end_of_task(void);
/// Binds the shared task-locals of the running task in a detached one.
void il_give_locals(il_task *task);
/// Gives up what a task that never started was to bind.
void il_drop_locals(il_task *task);
/// Notes that the running step draws at random.
void il_note_random(il_session *session);
/// Makes sure that the breakpoints of watched functions come to us.
void il_watch_renew(void);
/// Keeps the breakpoints as they are while the process forks; the child goes on without.
void il_watch_pause(void);
void il_watch_resume(void);
void il_note_escape(il_session *session, il_escape kind, void *site);

// MARK: Errands

struct block_layout;
/// A block that runs another one on an errand.
typedef struct il_block {
  void *isa;
  int flags, reserved;
  void (*invoke)(void *);
  const struct block_layout *layout;
  void *inner;
  il_errand *errand;
} il_block;

/// The errand that this thread is on.
extern __thread il_errand *il_on_errand;
/// Where this thread talks to others than the program, if it does.
extern __thread void *il_io_site;
/// A step, or who is on an errand of its run, hands something over that is to be done by a
/// time of libdispatch's. NULL: neither does.
il_errand *il_send(il_errand_kind kind, void *caller, uint64_t when);
void il_errand_begin(il_errand *errand);
void il_errand_end(il_errand *errand);
/// The running step's errand that belongs to an object: when it is due, and who will end it.
void il_errand_set_due(void *object, int64_t due);
il_errand *il_errand_of(void *object);
/// A foreign thread has let a task of the session go on. The inboxes are locked.
void il_errands_answered(il_session *session);
/// Somebody works for the session's run, or will.
bool il_is_served(il_session *session);
/// The run is over, and nobody waits for its errands.
void il_errands_drop(il_session *session);
/// The function and the context to hand over in the place of others.
void *il_send_function(void (**work)(void *), void *context, void *caller, uint64_t when);
/// The block to hand over in the place of another; the wrapper must last until it is copied.
void *il_wrap(il_block *wrapper, void *block, il_errand *errand);
typedef int (*il_thread_maker)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int il_send_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument, void *caller, il_thread_maker make);
/// How long it is until a time of libdispatch's, by the system's clocks.
int64_t il_time_until(uint64_t when);
bool il_is_dispatch_code(const void *address);
/// Notes that the running step reads from a file, if that is a socket or a pipe.
void il_note_io(int file, void *caller);

/// This thread runs a step, and a guard watches over it.
bool il_is_contained(void);
/// Ends the running step for good, and its thread with it.
void il_stop_step(il_stop_kind kind, int code, void *site) __attribute__((noreturn));
/// What asks a thread whose step takes too long to stop.
enum { IL_HANG_SIGNAL = SIGURG };
void il_write_all(int file, const char *text, size_t count);
/// While a proof is attempted: notes that a step tries what fails while another is at it.
void il_note_trial(const void *function, const void *caller);
/// While a proof is attempted: notes that a step calls what looks at, or changes, something
/// outside of the program, unless a library does so for it.
void il_note_outside(const void *function, const void *caller);
/// Notes that a step, if one is running, takes what serves as a lock.
void il_note_lock(void *lock, const void *caller);
/// What takes a lock there is a library whose locks no program can observe.
bool il_is_library_lock(const void *caller);
/// Notes for the guard that the running step takes a lock.
void il_guard_note_lock(void *lock);
/// Lets the guard of this thread, if any, watch over a run that begins.
void il_guard_begin_run(il_session *session);
/// Stops the step if it is about to wait for a lock that its own thread holds.
void il_check_lock(pthread_mutex_t *lock, void *caller);
void il_check_futex(const int *word, long operation, void *caller);
/// The operation may wait for others.
bool il_futex_waits(long operation);
/// Leaves a forked process if the lock is held by a thread that it does not have.
void il_check_owner(const pthread_mutex_t *lock);

/// Sleeps for ever, but for giving back locks.
void il_park(il_guard *guard) __attribute__((noreturn));
/// Asks a thread that was stopped for the locks that its step still holds.
void il_give_back_locks(il_guard *guard);
/// One at a time asks.
extern il_lock il_asking;
/// Surrounds a system call that may wait for a lock which knows its owner; it is not to be
/// made where the lock is taken already.
int il_wait_begin(void *word, long operation, bool *is_taken);
void il_wait_end(int slot);

/// Lets virtual time pass within a step, if it is positive.
void il_pass(il_session *session, int64_t nanoseconds);
/// The virtual time that a time of libdispatch's stands for.
int64_t il_deadline_of(il_session *session, uint64_t when);
/// The same moment of libdispatch's by the clocks of the system, for what goes by those.
uint64_t il_real_deadline(il_session *session, uint64_t when);
/// The moment of the system's clock at which so much time will have passed as is left until a
/// moment of the run's; nanoseconds, at least 1.
int64_t il_real_moment(il_session *session, clockid_t clock, int64_t moment);
/// The system's clock, in nanoseconds.
int64_t il_real_clock(clockid_t clock);
/// Answers from the session's clock: nanoseconds for a clock's own origin.
int64_t il_clock_origin(int clock);
int64_t il_clock_read(il_session *session, int clock);
void il_random_seed(il_session *session, uint64_t seed);
/// Fills the buffer from the run's randomness; false where no step is running.
bool il_draw(void *buffer, size_t count);
/// The same from the stream that the program can seed, and seeding it.
bool il_draw_seeded(uint64_t *word);
bool il_seed_drawing(uint64_t seed);

IL_UNINSTRUMENTED_END

#endif
