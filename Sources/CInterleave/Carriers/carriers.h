// Carriers: the stacks on which steps run, where a step can be interrupted inside.
//
// A run on carriers has its loop on one of them at a time, and each step on the one whose loop
// began it. A step that is interrupted stays on its carrier, *parked*, while the loop goes on
// upon another, until the step is chosen to go on. All carriers belong to one thread: exactly
// one runs, so that nothing here needs a lock.

#ifndef CINTERLEAVE_CARRIERS_H
#define CINTERLEAVE_CARRIERS_H

#include "../Ground/ground.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
#define IL_HAS_CARRIERS 1
#endif

IL_UNINSTRUMENTED_BEGIN

// Begins a step, and ends it.
void il_carriers_begin_step(il_carriers *carriers);
void il_carriers_end_step(il_carriers *carriers);
// Gives up all that belongs to a thread that was stopped, or to a session that ends.
void il_carriers_drop(il_session *session);

#ifdef IL_HAS_CARRIERS

// What a parked step waits for before it can go on.
typedef enum {
  IL_WANTS_NOTHING = 0,
  // A lock, for itself alone or to share with others who do.
  IL_WANTS_LOCK,
  IL_WANTS_SHARE,
  // Something that was seen to be closed, until somebody has opened it once more: a semaphore, a
  // condition.
  IL_WANTS_OPENING,
  // A word of memory that is zero while nobody holds it.
  IL_WANTS_WORD,
  // A word of memory that is not what it was.
  IL_WANTS_CHANGE,
  // No other step is inside.
  IL_WANTS_SOLITUDE,
  // Its turn on a dispatch queue.
  IL_WANTS_TURN,
  // Nothing but that time passes.
  IL_WANTS_TIME,
  // That others have gone on, as long as they can.
  IL_WANTS_OTHERS,
  // Something is ready that is looked at.
  IL_WANTS_READY,
  // A thread has come to its end.
  IL_WANTS_END,
} il_want;

// What is looked at whether it is ready, such as a file.
typedef struct il_readiness {
  bool (*is_ready)(const struct il_readiness *);
  // What it is about, and the function that waits for it.
  void *object;
  const char *call;
  // Nobody but steps of the run can make it ready.
  bool is_own;
} il_readiness;

// The end of a thread of the run, for which others may wait; and its task, by its number.
typedef struct {
  bool has_ended;
  uint32_t task;
} il_ending;

// What takes an object of the table, and so how it is given back.
typedef enum {
  IL_HELD_MUTEX = 0,
  IL_HELD_READ_WRITE,
  IL_HELD_SPIN,
  IL_HELD_FILE,
  // What is initialized once.
  IL_HELD_ONCE,
  // A `Mutex`, which is a word with the number of a thread.
  IL_HELD_WORD,
} il_held_kind;

// One object of the table of who holds what.
typedef struct {
  void *object;
  // The run in which this was noted: what is of another one is nothing.
  unsigned run;
  // The step that holds it, by its number; 0 for none. How often it does; how many share it.
  unsigned holder, depth, sharers;
  // How often it was opened.
  unsigned openings;
  il_held_kind kind;
  // The code that took it is the runtime's.
  bool is_runtime;
  // The step that took it has ended, and the thread on which its task may go on can take it again.
  bool is_left;
  // Where it was taken last, and by which task, by its number.
  const void *site;
  uint32_t task;
} il_held;

// How a step comes to atomic instructions without anybody coming between.
typedef struct {
  // The word of the last one, and what it was; how often that was the same; how many there were.
  const void *word;
  uint64_t value;
  unsigned same, all;
  // How many locks of libraries it has come to.
  unsigned locks;
} il_turning;

// How far a step has come, as far as it can be interrupted inside.
typedef struct {
  // The number of the step, how many operations it has done, and how many locks of the
  // runtime's and of the program's it holds.
  unsigned number, operations, runtime_locks, locks;
  // How often it has tried to take one that was taken.
  unsigned vain_trials;
  // Before how many operations it was when it last came to a place after one, and to how many of
  // these it has come that were not the first after theirs.
  unsigned passed, passed_more;
  // More than the number of the last place at which it had to wait in the midst of an operation.
  unsigned waited;
  // How many operations it has done of each kind.
  unsigned kinds[IL_POINT_KINDS];
  // Where the last one was that it could be interrupted before.
  const void *last_site;
} il_step_inside;

// What belongs to a step, kept while it is parked: fields of the session, and how far it has come.
typedef struct {
  void *executor;
  il_task *step_task, *cancelled, *ended;
  void *step_frame, *step_resume, *bounce_target;
  unsigned clock_reads, creating, immediate, initializing;
  bool creating_child;
  void *creation_site, *creation_caller, *creation_entry, *creation_group, *creation_let;
  // The innermost call on a dispatch queue that it is in.
  struct il_queue_frame *queue_frame;
  il_step_inside inside;
} il_step_state;

#define IL_NEVER INT64_MAX

enum { IL_BLOCKS = 3, IL_BLOCK_BYTES = 512 };
// How many keys of values of threads are known.
enum { IL_KEYS = 64 };
// As much as the thread has on which runs go on without carriers; only what is used is taken.
enum { IL_CARRIER_STACK = 16 << 20 };

struct il_carrier {
  il_carriers *owner;
  // Where it goes on; NULL while it runs.
  void *stack_pointer;
  // Its memory, the guard page included; NULL for the thread's own.
  char *memory;
  uintptr_t stack_begin;
  // What the thread sanitizer takes the loop upon it for, and a step that is interrupted.
  void *fiber;
  il_paused_fiber paused;
  uint8_t blocks[IL_BLOCK_BYTES];
  // What code keeps by keys for each thread, while it does not run; for the thread's own, what
  // that had before the run.
  void *values[IL_KEYS];
  il_step_state step;
  il_want want;
  void *wanted;
  const void *want_site;
  // When it goes on in any case, in time of the run, where it waits for no longer than that.
  int64_t limit;
  // How often what it wants had been opened; and anything by those outside.
  unsigned openings, openings_by_others;
  // The last step that had begun.
  unsigned last_step;
  // What the word was, of so many bytes.
  uint64_t seen;
  uint8_t width;
  // It can do without what it wants.
  bool is_trial;
  // The lock that it is about to try to take, without waiting for it.
  const void *tries;
  // The next one that is free, or that is parked.
  il_carrier *next;
};

struct il_carriers {
  il_session *session;
  // They were made in a process that was forked.
  bool is_forked;
  // The thread whose they are, by a number that no other thread ever has.
  unsigned long thread;
  il_carrier home;
  il_carrier *current, *free, *first_parked;
  size_t free_count;
  // The run has ended, and what is parked is to leave the dispatch queues that it is on.
  bool is_over;
  // The number of the run, and of the last step that began.
  unsigned run, last_step;
  // The step that runs.
  il_step_inside inside;
  // That it has begun is known to others, although it has done no operation yet.
  bool begins_visibly;
  il_turning turning;
  // How many steps are parked, how many of these want to be alone, and how many locks of the
  // program's they hold.
  unsigned parked, solitary, parked_locks;
  // Where points are offered, and that none is to who holds a lock.
  il_points points;
  bool spares_holders;
  // Before which a step could not be interrupted, or waited in the midst of: see
  // `il_carriers_left_between`.
  bool left_between;
  // A step may have kept something by a key.
  bool has_values;
  // Why no more points are offered in this run; NULL while they are.
  const char *off;
  il_held *held;
  size_t held_count, held_capacity;
  // The entry that was asked for last: what is given back is mostly what was taken last.
  il_held *last_held;
};

// The numbers of points are those of operations, or, of places where a step has to wait for others
// in the midst of one, as much larger. So are those of places after an operation that are not the
// first: they are counted by themselves.
enum { IL_MOST_OPERATIONS = 2047, IL_PAUSE = 1000, IL_WAITS = 2 * (IL_MOST_OPERATIONS + 1) };

// The running step parks, and the carrier goes on, or a new loop if it is NULL.
void il_carrier_leave(il_carriers *carriers, il_carrier *next);
// The carrier that runs never goes on.
void il_carrier_end(il_carriers *carriers);
// There is a carrier for a loop to go on upon.
bool il_carriers_have_spare(il_carriers *carriers);

// MARK: - Values of threads

// Surround a run.
void il_values_begin(il_carriers *carriers);
void il_values_end(il_carriers *carriers);
// Changes them for those of another carrier.
void il_values_switch(il_carrier *from, const il_carrier *to);
// Surround a thread that begins and ends upon the carrier that runs: it begins without any, and lets
// go of its own.
void il_values_put_aside(il_carriers *carriers, void **values);
void il_values_take_back(il_carriers *carriers, void **values);

// MARK: - The table

// What is known of an object in this run: NULL where that is nothing, or made where it is missing.
il_held *il_known_held(const il_carriers *carriers, const void *object);
il_held *il_find_held(il_carriers *carriers, void *object);
// Somebody else holds what a step wants.
bool il_is_held_elsewhere(const il_carriers *carriers, il_want want, void *object, unsigned step);
// The running step holds it.
bool il_is_held_by_step(const il_carriers *carriers, const void *object);
// The running step takes an object, or gives it back once.
void il_note_taken(il_session *session, void *object, il_held_kind kind, bool is_shared,
                   const void *site);
void il_note_taken_by(il_session *session, void *object, il_held_kind kind, bool is_shared,
                      const void *site, bool is_runtime);
void il_note_given(il_session *session, void *object);
// Lets those go on who wait for the object to be opened.
void il_note_opened(il_session *session, void *object);
// Gives back what steps hold that will never go on.
void il_give_back_all(il_carriers *carriers);
// What the running step holds stays taken, although it ends: others wait for its task to give it
// back.
void il_leave_taken(il_carriers *carriers);

// MARK: - Points

// The running step comes to an operation, and may be interrupted before it. Returns once what
// it wants is free.
void il_reach(il_session *session, il_point_kind kind, void *object, const void *site,
              il_want want);
// The same where the running task's closure has returned, and its group is to learn of it.
void il_reach_end(il_session *session, const il_task *task);
// The same after an operation, where that is asked for.
void il_pass_by(il_session *session, il_point_kind kind, const void *site);
// Returns once what the running step wants is free; is no point.
void il_await(il_session *session, void *object, const void *site, il_want want);
// The running step has tried in vain to take an object. Who does that often lets others go on
// until it is free, as long as others can. True: it is.
bool il_await_trial(il_session *session, void *object, const void *site, il_want want);
// Returns once the object has been opened. False: nobody is left who could do that by then, but
// for threads that run no step; `limit` is a time of the run, or `IL_NEVER`.
bool il_await_opening(il_session *session, void *object, const void *site, int64_t limit);
// Returns when nobody else can go on before that time of the run, or later. It is the caller who
// moves the clock on.
void il_await_time(il_session *session, int64_t moment, const void *site);
// Returns once that is ready, or nobody else can go on before that time of the run. True: it is.
bool il_await_ready(il_session *session, const il_readiness *readiness, const void *site,
                    int64_t limit);
// The same, for those who work for the run outside of its control. How fast they are must not
// decide what comes next: so a step waits for them as a thread would, before others go on.
// `tries` tells whether the object has been opened.
bool il_is_opened_by_others(il_session *session, bool (*tries)(void *), void *object);
// The running step does something that others may see, at which it cannot be interrupted.
void il_count_operation(il_session *session);
// The running step touches something: the touches before which it can be interrupted.
void il_reach_touch(il_session *session, il_touch kind, void *object, const void *site);
// The running step comes to a call that cannot be interrupted well: from here on, and until the
// run is over, no step is.
void il_leave_points(il_session *session, const char *call, const void *site);

// Within a function that was called by `caller`: the code by which that is known.
#define IL_PLACE(caller) (void *)il_place_of_call(caller, __builtin_frame_address(0))

typedef enum { IL_CODE_PROGRAM, IL_CODE_RUNTIME, IL_CODE_LIBRARY, IL_CODE_OURS } il_code;
// Whose code it is.
il_code il_code_at(const void *address);
// The code that a function of ours was called by, given that and our frame; where that is only a
// small function of a library, by which the program reaches a lock, the program's.
const void *il_place_of_call(const void *caller, void **frame);
// The same, and whose code it is.
il_code il_code_of_call(void **caller, void **frame);
// The same where the program reaches libdispatch by its overlay for Swift.
bool il_is_overlay(const void *address);
const void *il_program_call(const void *caller, void **frame);
// A call that is in progress: the address that it returns to, and the frame of the function there.
typedef struct {
  const void *address;
  void **base;
} il_call;
// The innermost call of the program's among those that led to one of a library's, as far as that can
// be told; else that itself.
const void *il_call_of_program(il_session *session, const void *caller, void **frame);
// The call of the overlay, whoever makes it.
il_call il_call_of_overlay(const void *caller, void **frame);

// MARK: - Locks

// Surround the taking of a lock, by code of that kind. Before it, the lock is free, or the step's
// own.
void il_before_lock(il_session *session, void *lock, il_want want, const void *caller, il_code code);
void il_after_lock(il_session *session, void *lock, il_held_kind kind, bool is_shared,
                   const void *caller, il_code code);
// The step is about to wait for what has no holder: a semaphore.
void il_before_wait(il_session *session, void *object, const void *caller);
// The step tries to take a lock. True: it is another step's.
bool il_before_trial(il_session *session, void *lock, il_want want, const void *caller,
                     il_code code);
void il_after_unlock(il_session *session, void *lock, const void *caller, il_code code);

// MARK: - Atomics

// What is in a word of memory.
uint64_t il_value_of(const void *word, uint8_t width);
// The running step has taken a `Mutex`.
void il_note_mutex_taken(il_session *session, void *word, const void *site);

// The task is a thread that the run has made.
static inline bool il_is_thread(const il_task *task) {
  return task && task->block_number && task->block_kind == IL_BLOCK_THREAD;
}

// MARK: - Waits

// Somebody is about to open something, which is known to them alone who may wait for it.
void il_reach_opening(void *object, void *caller, void **frame);
// Waits for a condition, without the lock meanwhile. False: see `il_await_opening`.
bool il_wait_inside(il_session *session, pthread_cond_t *condition, pthread_mutex_t *lock,
                    int64_t limit, const void *caller);
// Surround what only the first who comes does, and others wait for.
void il_once_begins(il_session *session, void *flag, const void *caller);
void il_once_ends(il_session *session, void *flag);

// The session whose step runs, on carriers; NULL where there is none.
static inline il_session *il_inside(void) {
  il_session *s = il_current;
  if (LIKELY(!s) || LIKELY(!s->carriers)) return NULL;
  return s->step_task && !s->tells ? s : NULL;
}

// The running step, if it can be interrupted, comes to a call that blocks, and of which no table
// is kept.
static inline void il_leave_points_at(const char *call, const void *caller) {
  il_session *inside = il_inside();
  if (UNLIKELY(inside != NULL) && il_code_at(caller) != IL_CODE_OURS)
    il_leave_points(inside, call, caller);
}

// The running step is about to resume a continuation, by its task where that is known.
static inline void il_reach_resuming(void *task, const void *site) {
  il_session *inside = il_inside();
  if (UNLIKELY(inside != NULL)) il_reach(inside, IL_POINT_RESUME, task, site, IL_WANTS_NOTHING);
}

// The running step asks for or changes what the whole process has, in a call by `caller` of the
// function at that frame. Only where the program itself calls: what a library keeps, it may ask for
// once in a process.
void il_reach_state(void *object, const void *caller, void **frame);

#else
static inline void il_reach_state(void *object, const void *caller, void **frame) {
  (void)object, (void)caller, (void)frame;
}
static inline void il_leave_points_at(const char *call, const void *caller) {
  (void)call, (void)caller;
}
static inline void il_reach_resuming(void *task, const void *site) { (void)task, (void)site; }
#endif

IL_UNINSTRUMENTED_END

#if defined(IL_HAS_CARRIERS)
#include "queues.h"
#endif

#endif
