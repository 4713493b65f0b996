// Sessions: jobs, tasks, executors and time of the runs that one thread makes.

#ifndef CINTERLEAVE_SESSIONS_H
#define CINTERLEAVE_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "Carriers.h"

#ifdef __cplusplus
extern "C" {
#endif

_Pragma("clang assume_nonnull begin")

struct il_session;
typedef struct il_session il_session;

/// Where a job waits to run.
typedef enum {
  /// The global executor: nothing is promised about order.
  IL_PLACE_GLOBAL = 0,
  /// A default actor, or any other serial executor, named by its identity.
  IL_PLACE_SERIAL = 1,
  /// The main actor.
  IL_PLACE_MAIN = 2,
  /// A task executor, named by its identity; no order is promised.
  IL_PLACE_TASK_EXECUTOR = 3,
  /// A dispatch queue, named by its address: whose turn it is has been decided.
  IL_PLACE_QUEUE = 4,
} il_place;

/// How a job came to wait.
typedef enum {
  /// A new task, queued by the step that made it.
  IL_ARRIVAL_CREATED = 0,
  /// The running task itself changed executor: it arrives any time later.
  IL_ARRIVAL_HOP = 1,
  /// Something that the running step did made the job ready, then and there.
  IL_ARRIVAL_RESUMED = 2,
  /// A timer was set for the job.
  IL_ARRIVAL_TIMER = 3,
  /// A thread that the session does not control made the job ready.
  IL_ARRIVAL_FOREIGN = 4,
  /// No job: such a thread resumed the task's continuation once more.
  IL_ARRIVAL_RESUMED_TWICE = 5,
  /// No job, and no task: such a thread has crashed.
  IL_ARRIVAL_CRASH = 6,
} il_arrival;

/// What a task waits for, read from its own record of what it depends on.
typedef enum {
  IL_WAIT_UNKNOWN = 0,
  IL_WAIT_TASK = 1,
  IL_WAIT_CONTINUATION = 2,
  IL_WAIT_GROUP = 3,
} il_wait_kind;

/// Why something ran, or may have run, outside the session's control.
typedef enum {
  /// A job that the session does not know was handed to a native executor.
  IL_ESCAPE_UNKNOWN_JOB = 0,
  /// A task of the session ran on a thread that the session does not own.
  IL_ESCAPE_FOREIGN_THREAD = 1,
  /// The step asked libdispatch to run a closure on a thread of its own.
  IL_ESCAPE_DISPATCH = 2,
  /// The step made a thread.
  IL_ESCAPE_THREAD = 3,
  /// The step started a process.
  IL_ESCAPE_PROCESS = 4,
  /// A step, or a thread that let a task go on, reads from a socket or a pipe.
  IL_ESCAPE_IO = 5,
} il_escape;

/// What a step touches besides executors and jobs.
typedef enum {
  /// It asks for the value of a task, at the address of the task's object.
  IL_TOUCH_AWAITED = 0,
  /// It cancels a task, at the address of the task's object.
  IL_TOUCH_CANCELLED = 1,
  /// It may cancel children of its own.
  IL_TOUCH_CHILDREN_CANCELLED = 2,
  /// It takes a lock, at its address.
  IL_TOUCH_LOCK = 3,
  /// It draws from the run's randomness.
  IL_TOUCH_RANDOM = 4,
  /// It ends the scope of an `async let`, at its address, whose task it cancels.
  IL_TOUCH_LET_FINISHED = 6,
  /// It asks whether a task is cancelled, at the address of the task's object; NULL for its own.
  IL_TOUCH_LOOKED = 5,
  /// It does something by a pipe or a pair of sockets that the run made, at the address of what is
  /// known of that.
  IL_TOUCH_CHANNEL = 7,
  /// It makes what serves as a lock, at its address, where another one may have been before.
  IL_TOUCH_LOCK_MADE = 8,
} il_touch;

struct il_bindings;
struct il_siblings;

/// What a block on a dispatch queue is to the program.
typedef enum {
  IL_BLOCK_PLAIN = 0,
  /// The handlers of a timer.
  IL_BLOCK_TIMER = 1,
  /// One of some iterations that are done beside each other.
  IL_BLOCK_ITERATION = 2,
  /// An operation of Foundation's.
  IL_BLOCK_OPERATION = 3,
  /// No block at all, but a thread that the run has made: it is numbered among these.
  IL_BLOCK_THREAD = 4,
} il_block_kind;
enum { IL_BLOCK_KINDS = 5 };

/// What a run may leave alone on purpose.
typedef enum {
  /// A dispatch queue.
  IL_NATIVE_QUEUE = 0,
  /// The code at an address.
  IL_NATIVE_CODE = 1,
} il_native;

/// A task that belongs to a session, from its birth to its end.
typedef struct il_task {
  il_session *_Nullable session;
  void *_Nullable job;
  struct il_task *_Nullable next_free;
  void *_Nullable saved_parent_resume;
  void *_Nullable saved_resume;
  /// Where a task begins that binds task-locals first, and what it binds.
  void *_Nullable saved_start;
  struct il_bindings *_Nullable bindings;
  /// The task group that it was made in, and the `async let` that it is.
  void *_Nullable group;
  /// What the thread sanitizer takes the task for, as the thread of what it does.
  void *_Nullable fiber;
  void *_Nullable async_let;
  /// The children of that group that have not ended, and which of them were made right before and
  /// after this one.
  struct il_siblings *_Nullable siblings;
  struct il_task *_Nullable elder, *_Nullable younger;
  /// Those of its own groups.
  struct il_siblings *_Nullable groups;
  /// What runs the job in the runtime's stead, if its timer needs it.
  void (*_Nullable handler)(void *_Nullable);
  void *_Nullable handler_context;
  /// The handover of the task's job to an executor of the program's own, until somebody runs it.
  struct il_handover *_Nullable handover;
  /// The engine's number for the task, stable within one run.
  uint32_t index;
  /// The runtime's own number for the task: with the address it is unique.
  uint32_t runtime_id;
  /// The task was handed out and has not ended.
  bool alive;
  /// The job is not a Swift task: an isolated deinit, for example.
  bool simple;
  /// It is that block of those that the run has handed to its queue, or that of its threads, from 1
  /// up; 0 for neither.
  uint32_t block_number;
  il_block_kind block_kind;
  /// An executor that the run leaves alone has it.
  bool is_away;
  /// What became of the task's last continuation; to be accessed atomically.
  uint8_t continuation;
} il_task;

/// A job that has become ready.
typedef struct {
  void *_Null_unspecified job;
  il_task *_Null_unspecified task;
  void *_Nullable executor;
  void *_Nullable resume;
  int64_t deadline;
  il_place place;
  il_arrival arrival;
  uint8_t priority;
  /// It is a timer that is set again each time, and need not be waited for.
  bool recurs;
  /// Its executor is left alone.
  bool is_native;
  /// How many handlers of its cancellation the task has whose step made the job ready.
  uint32_t handlers;
  /// The second word by which the runtime knows the executor, if that is known to be one that the
  /// program wrote and no default actor; 0 if it is not.
  uintptr_t witness;
} il_ready;

/// Where a foreign thread was when it made a job ready: the addresses at which its calls
/// return, from the one that called the runtime outwards; zeros where there are no more.
typedef struct {
  uintptr_t calls[4];
  /// Where that thread has read from a socket or a pipe; 0 if it has not.
  uintptr_t io;
  /// It works for what the run leaves alone on purpose.
  bool is_native;
  /// The label of the queue that it works on, or else the name that the thread was given; empty
  /// where it has neither.
  char name[48];
  bool is_queue;
} il_origin;

enum { IL_RACE_FRAMES = 16 };

typedef struct {
  uint32_t size;
  bool is_write;
  /// Addresses within the calls that led there, innermost first; zeros where there are no more.
  uintptr_t frames[IL_RACE_FRAMES];
} il_access;

/// Two accesses to the same memory that nothing orders.
typedef struct {
  il_access later, earlier;
} il_race;

/// What somebody else does for a run: where it was handed over, as a hash, and the virtual
/// time at which it is to be done.
typedef struct {
  uintptr_t site;
  int64_t due;
} il_errand_note;

/// What a session tells its machine. All but `foreign` are called on the
/// session's own thread, during a step.
typedef struct {
  /// A task was made by the task `parent` (NULL: by the machine itself), at `site`
  /// in a function that goes on at `caller`.
  void (*created)(void *context, il_task *task, il_task *_Nullable parent,
                  void *_Nullable site, void *_Nullable caller, void *_Nullable entry,
                  bool child);
  /// A job became ready.
  void (*ready)(void *context, const il_ready *ready);
  /// The timer that a job waits for will not fire: the job does not wait any more.
  void (*withdrawn)(void *context, il_task *task);
  /// A task's closure returned, or threw the error.
  void (*ended)(void *context, il_task *task, void *_Nullable error);
  /// A task that is a thread is called that, from here on.
  void (*named)(void *context, il_task *task, const char *name);
  /// A default actor was made by the task `maker`, if by any.
  void (*actor_made)(void *context, void *actor, il_task *_Nullable maker);
  /// A default actor is no more.
  void (*actor_gone)(void *context, void *actor);
  /// Something left the session's control at `site`, on purpose if it is native.
  void (*escaped)(void *context, il_escape kind, void *_Nullable site, bool is_native);
  /// The run leaves that alone on purpose.
  bool (*native)(void *context, il_native kind, void *object);
  /// The last reference to the checked continuation that `task` waits for went
  /// without resuming it: nobody can wake the task any more. The task is NULL
  /// where it cannot be told which one it is.
  void (*continuation_leaked)(void *context, il_task *_Nullable task);
  /// The running step touches something that other steps may touch, too.
  void (*touched)(void *context, il_touch kind, void *_Nullable object);
  /// The thread sanitizer saw a race in the step that has just ended.
  void (*raced)(void *context, const il_race *race);
  /// The running step resumes an unsafe continuation, whose task has the given job. Returns
  /// the number of the task if that had been resumed, else -1.
  int (*resumed)(void *context, void *job);
  /// The process is about to die: the choices made so far go to the file. Called by a
  /// signal handler.
  void (*journal)(void *context, int file);
  /// Goes on with the run, on the carrier that runs. Returns who is to go on, or NULL when the
  /// run is over.
  il_carrier *_Nullable (*_Nonnull loop)(void *context);
  /// The running step, on its carrier, has come to a point. Returns who is to go on, or NULL for
  /// a loop.
  il_carrier *_Nullable (*_Nonnull point)(void *context, il_carrier *carrier, const il_point *point);
} il_callbacks;

// MARK: - The process

/// Names the first fact about the runtime that does not hold, or NULL.
///
/// Installs the hooks on first use. The two witness tables are those of the
/// serial and the task executor class whose `enqueue` call
/// `il_enqueued_serial` and `il_enqueued_task`; `elsewhere` is an executor of
/// the former class that no job ever runs on.
const char *_Nullable il_install(uintptr_t serial_witness,
                                 uintptr_t task_witness, void *elsewhere);

/// The serial executor's `enqueue(_:)`: `identity` is the actor itself.
void il_enqueued_serial(void *job, void *identity);
/// The task executor's `enqueue(_:)`: `identity` is the user's executor.
void il_enqueued_task(void *job, void *identity);

/// The label of a dispatch queue.
const char *il_label_of_queue(void *_Nullable queue);

/// The identity of the main actor's executor.
void *il_main_executor(void);

/// True where the interposed functions are the ones that this image calls.
bool il_is_interposed(void);

/// True where calls of the function from all images come to this one.
bool il_takes_calls_of(const char *name);
/// The first of the functions that must do so, and does not; NULL for none. Where each image
/// binds its own calls, there is nothing to tell.
const char *_Nullable il_missed_calls(void);

/// The compiler's sanitizers that watch over this process.
bool il_has_thread_sanitizer(void);
bool il_has_address_sanitizer(void);

/// True where a step's awaiting and cancelling of tasks is noted.
bool il_sees_awaits(void);
/// Learns where the library locks a stream, from a function that does so in one place
/// of the library only. False: what steps do to streams cannot be seen.
bool il_learn_streams(void (*use_one)(void));

/// Looks at the next jobs that this thread hands to the global executor, until
/// `il_probe_end` tells what is wrong with the first; NULL if nothing is.
void il_probe_begin(void);
const char *_Nullable il_probe_end(void);
/// How many jobs the last probe of this thread has seen.
unsigned il_probe_count(void);
/// Names what is wrong with a new task's job, or NULL.
const char *_Nullable il_check_job(const void *job);

// MARK: - Sessions

il_session *il_session_create(const il_callbacks *callbacks);
/// Sets what the callbacks are called with.
void il_session_set_context(il_session *session, void *context);
/// For tests: with true, hops to actors are left to the runtime, and arrive as
/// drain jobs, as in an image where interposition does not win.
void il_session_leave_hops(il_session *session, bool leaves);
void il_session_destroy(il_session *session);

/// Calls a function where the runtime takes the thread to be on a serial executor, which nobody else
/// may be on: what checks its isolation there finds it right.
void il_run_as_if_on(uintptr_t identity, uintptr_t witness, void (*body)(void *context), void *context);
/// The runtime takes the calling thread to be on that executor.
bool il_is_on_executor(uintptr_t identity);

/// Begins a run: virtual time and randomness start anew.
void il_session_begin(il_session *session, uint64_t random_seed);
/// The last run is void: it is to be made again, with a thread that it made as one of the system's.
bool il_session_is_void(const il_session *session);
/// Ends a run. Tasks that are still alive are abandoned: what resumes them
/// later is dropped.
void il_session_end(il_session *session);

/// Makes what follows on this thread part of the session, as a step is, until
/// `il_leave`. Returns what was active before.
il_session *_Nullable il_enter(il_session *session);
void il_leave(il_session *_Nullable previous);
/// The session whose step runs on this thread.
il_session *_Nullable il_current_session(void);
void *il_session_context(il_session *session);
/// The task that is running in the session's current step.
il_task *_Nullable il_current_task(void);

/// Runs one job on the executor until it suspends, hops or ends. What is ready is not looked at any
/// more once the job runs.
void il_run_step(il_session *session, const il_ready *ready);

/// Fetches what `il_run_step` is going to need: where there are many tasks, it is in no cache.
static inline void il_prefetch_step(const il_ready *ready) {
  const char *job = (const char *)ready->job, *task = (const char *)ready->task;
  enum { LINE = 64 };
  for (int line = 0; line < 3; line++) {
    __builtin_prefetch(job + line * LINE);
    __builtin_prefetch(task + line * LINE);
  }
}

/// Runs leave some things alone on purpose: `native` tells which.
void il_session_leave_natives(il_session *session, bool leaves);

/// Has it noted who resumes continuations; what was noted is forgotten.
void il_session_note_resumers(il_session *session, bool notes);
/// The calls that let the task go on the last time, innermost first, as far as they were noted.
size_t il_session_resumer_calls(const il_session *session, uint32_t task, uintptr_t *calls,
                                size_t capacity);

/// How many times it was noted since that began.
size_t il_session_resumers(const il_session *session);
/// The calls by which the running step touches what it is being told to touch, innermost first.
size_t il_session_touch_calls(const il_session *session, uintptr_t *calls, size_t capacity);

/// One of some calls finishes an asynchronous stream.
bool il_ends_stream(const uintptr_t *calls, size_t count);

enum { IL_AWAIT_CALLS = 4 };
/// A place at which a function goes on after one that it has awaited.
typedef struct {
  /// The function's part that comes after it.
  uintptr_t resume;
  /// The task went on without having been suspended; it was, or may have been.
  bool passed, suspended;
  /// When it first was not: where frames of functions were made since the function was heard of
  /// last, in their order.
  size_t call_count;
  uintptr_t calls[IL_AWAIT_CALLS];
} il_await_site;

/// Has it noted, in all runs from now on, at which places tasks are suspended.
void il_session_note_awaits(il_session *session, bool notes);
/// How often something became known of them that may matter.
size_t il_session_await_changes(const il_session *session);
/// The places that were noted; returns how many were written.
size_t il_session_awaits(const il_session *session, il_await_site *awaits, size_t capacity);

/// Virtual time, in nanoseconds since the run began.
static inline int64_t il_now(const il_session *session) {
  int64_t now;
  __builtin_memcpy(&now, session, sizeof now);
  return now;
}
void il_advance(il_session *session, int64_t now);

/// A foreign thread has made a job ready.
static inline bool il_has_foreign(const il_session *session) {
  enum { PLACE = sizeof(int64_t) / sizeof(unsigned) };
  return __atomic_load_n((const unsigned *)session + PLACE, __ATOMIC_ACQUIRE) != 0;
}
/// Takes the next job that a foreign thread made ready; false if there is none.
bool il_take_foreign(il_session *session, il_ready *ready, il_origin *origin);
/// Waits for a foreign thread to make a job ready, at most `nanoseconds`, or, with `errands`,
/// until what is done for the run changes.
bool il_wait_foreign(il_session *session, int64_t nanoseconds, bool errands);
/// What is known to be done for the run outside of its control.
size_t il_errands(il_session *session, il_errand_note *notes, size_t capacity);
/// How many threads there are that are neither libdispatch's nor ours.
unsigned il_foreign_threads(void);
/// How many of these a run has made, this one or one before it.
unsigned il_threads_of_runs(void);
/// The threads that this one makes from now on are ours, or, with false, the program's.
void il_makes_own_threads(bool makes);

// MARK: - Tasks

/// What the suspended task waits for; `object` is the task, continuation
/// context or group.
il_wait_kind il_task_wait(const il_task *task, void *_Nullable *_Nonnull object);
/// Where the suspended task goes on.
const void *_Nullable il_task_resume(const il_task *task);
/// The live task of the same session whose runtime task is `job`, or NULL.
il_task *_Nullable il_task_awaited(const il_task *task, void *_Nullable job);
/// Keeps what steps write to standard output, in place of writing it.
void il_keep_printed(il_session *session, bool keeps);
/// Takes what was kept since the last time.
///
/// - Returns: How many bytes were written; more than `capacity` where not all of them are there.
size_t il_take_printed(il_session *session, char *buffer, size_t capacity);
/// The return addresses of the suspended task's asynchronous callers.
size_t il_task_backtrace(const il_task *task, void *_Nullable *_Nonnull frames,
                         size_t capacity);
/// How many handlers of its cancellation the running step's task has: see `withTaskCancellationHandler`.
unsigned il_step_handlers(const il_session *session);
/// The same for the step that asks.
unsigned il_own_handlers(void);
/// Looks where a task group keeps its children; the running task has made a group with three of them,
/// which have not run. Returns what is not as expected, or NULL.
const char *_Nullable il_siblings_probe(void);
/// True if the task, which has not ended, is cancelled.
bool il_is_cancelled(const il_task *task);
/// Cancels a task between two steps; its handlers run with the session in force.
void il_cancel(il_session *session, il_task *task);
/// Notes that the task's continuation is resumed; true if it had been.
bool il_note_resumed(il_task *task);
/// Lets detached tasks that a step makes see the task-local with this key, if
/// the task that makes them does; `type` is the metadata of its values.
void il_share_local(void *key, const void *type);

/// Real time, whatever the session's virtual time: nanoseconds, good to some milliseconds.
int64_t il_real_time(void);
/// Real time, too, to the nanosecond, and slower to read.
int64_t il_exact_real_time(void);

_Pragma("clang assume_nonnull end")

#ifdef __cplusplus
}
#endif

#endif
