// Sessions, tasks and the hooks of the runtime: jobs in and out.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

__thread il_session *il_current;
// The session on whose behalf this thread empties a default actor's own queue.
static __thread il_session *draining;

atomic_uint il_live_sessions;
uintptr_t il_serial_witness, il_task_witness;
// Guards the inboxes of all sessions, and which session a task belongs to.
static pthread_mutex_t inbox_lock = PTHREAD_MUTEX_INITIALIZER;
static void *elsewhere_executor;
static void *main_executor;

typedef SWIFT_CC void (*hook_original)(void *job);
typedef SWIFT_CC void (*global_hook)(void *job, hook_original original);
typedef SWIFT_CC void (*delay_original)(unsigned long long delay, void *job);
typedef SWIFT_CC void (*delay_hook)(unsigned long long delay, void *job, delay_original original);
typedef SWIFT_CC void (*deadline_original)(long long sec, long long nsec, long long tsec,
                                           long long tnsec, int clock, void *job);
typedef SWIFT_CC void (*deadline_hook)(long long sec, long long nsec, long long tsec,
                                       long long tnsec, int clock, void *job,
                                       deadline_original original);

static global_hook previous_global, previous_main;
static delay_hook previous_delay;
static deadline_hook previous_deadline;

typedef SWIFT_ASYNC void (*resume_function)(ASYNC_CONTEXT void *context);
typedef SWIFT_ASYNC void (*return_function)(ASYNC_CONTEXT void *context,
                                            SELF_CONTEXT void *error);
typedef SWIFT_ASYNC void (*switch_function)(ASYNC_CONTEXT void *context, resume_function resume,
                                            void *identity, uintptr_t witness);

void *(*il_swift_task_getCurrent)(void);
static SWIFT_CC il_executor (*swift_task_getCurrentExecutor_)(void);
static SWIFT_CC il_executor (*swift_task_getMainExecutor_)(void);
static SWIFT_CC void (*swift_job_run_on_)(void *job, void *identity, uintptr_t witness,
                                          void *task_identity, uintptr_t task_witness);
static SWIFT_CC void (*swift_job_run_)(void *job, void *identity, uintptr_t witness);
static SWIFT_CC void (*swift_task_enqueue_)(void *job, void *identity, uintptr_t witness);
static SWIFT_CC void (*swift_task_cancel_)(void *task);
static SWIFT_CC il_executor (*swift_task_getPreferredTaskExecutor_)(void);

void *il_next_symbol(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  return found ? found : dlsym(RTLD_DEFAULT, name);
}

static switch_function real_switch(void) {
  static switch_function found;
  if (UNLIKELY(!found)) found = (switch_function)il_next_symbol("swift_task_switch");
  return found;
}

bool il_is_concurrency_code(const void *address) {
  static atomic_uintptr_t base;
  Dl_info info;
  uintptr_t known = atomic_load_explicit(&base, memory_order_relaxed);
  if (!known) {
    void *symbol = dlsym(RTLD_DEFAULT, "swift_task_getCurrent");
    if (!symbol || !dladdr(symbol, &info)) return false;
    known = (uintptr_t)info.dli_fbase;
    atomic_store_explicit(&base, known, memory_order_relaxed);
  }
  return dladdr(address, &info) && (uintptr_t)info.dli_fbase == known;
}

// MARK: - Tasks

static SWIFT_ASYNC void task_returned(ASYNC_CONTEXT void *context, SELF_CONTEXT void *error);

// Puts a message into the inbox of the task's session. If the task was
// abandoned, nobody waits for it any more, and nothing happens.
static void post(il_task *task, il_ready ready) {
  pthread_mutex_lock(&inbox_lock);
  il_session *s = task->session;
  if (s) {
    il_foreign_node *node = malloc(sizeof *node);
    node->ready = ready;
    node->next = NULL;
    if (s->foreign_tail) s->foreign_tail->next = node; else s->foreign_head = node;
    s->foreign_tail = node;
    atomic_fetch_add(&s->foreign_count, 1);
    pthread_cond_signal(&s->foreign_signal);
  }
  pthread_mutex_unlock(&inbox_lock);
}

static il_task *new_record(il_session *s) {
  il_task *task = s->free_tasks;
  if (LIKELY(task != NULL)) {
    s->free_tasks = task->next_free;
  } else {
    task = calloc(1, sizeof *task);
    if (s->task_count == s->task_capacity) {
      s->task_capacity = s->task_capacity ? 2 * s->task_capacity : 64;
      s->tasks = realloc(s->tasks, s->task_capacity * sizeof *s->tasks);
    }
    s->tasks[s->task_count++] = task;
  }
  task->session = s;
  task->alive = true;
  task->simple = false;
  task->saved_resume = NULL;
  task->handler = NULL;
  task->group = NULL;
  return task;
}

static void free_record(il_session *s, il_task *task) {
  if (UNLIKELY(task->bindings != NULL)) il_drop_locals(task);
  task->alive = false;
  task->job = NULL;
  task->next_free = s->free_tasks;
  s->free_tasks = task;
}

il_task *il_adopt(il_session *s, void *job, void *site, void *entry, bool child) {
  il_job *j = job;
  il_task *task = new_record(s);
  task->job = job;
  task->runtime_id = j->id;
  il_task *parent = s->step_task;
  if (il_job_kind(job) == IL_KIND_TASK) {
    j->reserved = task;
    task->group = s->creation_group;
    il_async_context *initial = j->resume_context;
    task->saved_parent_resume = initial->resume_parent;
    initial->resume_parent = (void *)task_returned;
  } else {
    task->simple = true;
  }
  s->callbacks.created(s->context, task, parent, site, entry, child);
  return task;
}

// Runs in place of what the runtime does when a task's closure has returned.
static SWIFT_ASYNC void task_returned(ASYNC_CONTEXT void *context, SELF_CONTEXT void *error) {
  void *job = il_swift_task_getCurrent();
  il_task *task = il_record(job);
  return_function resume = (return_function)task->saved_parent_resume;
  il_session *s = task->session;
  if (LIKELY(s != NULL && s == il_current)) {
    ((il_job *)job)->reserved = NULL;
    s->callbacks.ended(s->context, task);
    free_record(s, task);
  } else {
    // The record stays with the session, which learns of the end from its inbox.
    ((il_job *)job)->reserved = NULL;
    post(task, (il_ready){.task = task, .arrival = IL_ARRIVAL_FOREIGN});
  }
  MUSTTAIL return resume(context, error);
}

void *il_end_of_task(void) { return (void *)task_returned; }

void il_task_cancel(il_task *task) {
  if (task->alive && !task->simple) swift_task_cancel_(task->job);
}

il_task *il_current_task(void) {
  void *current = il_current ? il_swift_task_getCurrent() : NULL;
  return current ? il_record(current) : NULL;
}

// MARK: - Jobs in

void il_note_escape(il_session *s, il_escape kind, void *site) {
  s->callbacks.escaped(s->context, kind, site);
}

bool il_deliver(il_session *s, void *job, il_place place, void *executor, int64_t deadline) {
  bool is_task = il_job_kind(job) == IL_KIND_TASK;
  il_task *task = is_task ? il_record(job) : NULL;
  il_ready ready = {
      .job = job, .executor = executor, .resume = ((il_job *)job)->resume,
      .deadline = deadline, .place = place, .priority = il_job_priority(job),
      .arrival = IL_ARRIVAL_RESUMED, .custom = executor && executor == s->custom_executor};
  if (UNLIKELY(!task)) {
    // A sleep makes the task that its timer runs out of sight of `creating`.
    if (is_task && !s->creating && deadline < 0) return false;
    task = il_adopt(s, job, s->creation_site, s->creation_entry, s->creating_child);
    ready.arrival = IL_ARRIVAL_CREATED;
  } else if (UNLIKELY(task->session != s)) {
    return il_deliver_foreign(job, place, executor);
  } else if (task == s->step_task) {
    // What the running task does to itself, it does as its last act. But if it
    // was started at once by another one, its thread goes on with that one, and
    // so must queue it first.
    if (LIKELY(!s->immediate)) ready.arrival = IL_ARRIVAL_HOP;
  }
  if (deadline >= 0) ready.arrival = IL_ARRIVAL_TIMER;
  ready.task = task;
  s->callbacks.ready(s->context, &ready);
  return true;
}

bool il_deliver_foreign(void *job, il_place place, void *executor) {
  if (il_job_kind(job) != IL_KIND_TASK) return false;
  il_task *task = il_record(job);
  if (!task) return false;
  post(task, (il_ready){
      .job = job, .task = task, .executor = executor, .resume = ((il_job *)job)->resume,
      .deadline = -1, .place = place, .priority = il_job_priority(job),
      .arrival = IL_ARRIVAL_FOREIGN});
  return true;
}

bool il_take_foreign(il_session *s, il_ready *ready) {
  if (LIKELY(!atomic_load_explicit(&s->foreign_count, memory_order_acquire))) return false;
  pthread_mutex_lock(&inbox_lock);
  il_foreign_node *node = s->foreign_head;
  s->foreign_head = node->next;
  if (!s->foreign_head) s->foreign_tail = NULL;
  atomic_fetch_sub(&s->foreign_count, 1);
  pthread_mutex_unlock(&inbox_lock);
  *ready = node->ready;
  free(node);
  return true;
}

bool il_wait_foreign(il_session *s, int64_t nanoseconds) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  int64_t total = until.tv_nsec + nanoseconds;
  until.tv_sec += total / 1000000000;
  until.tv_nsec = total % 1000000000;
  pthread_mutex_lock(&inbox_lock);
  while (!atomic_load(&s->foreign_count)) {
    if (pthread_cond_timedwait(&s->foreign_signal, &inbox_lock, &until) == ETIMEDOUT) break;
  }
  bool any = atomic_load(&s->foreign_count) > 0;
  pthread_mutex_unlock(&inbox_lock);
  return any;
}

void il_enqueued_serial(void *job, void *identity) {
  if (draining && identity == elsewhere_executor) {
    il_session *s = draining;
    if (il_deliver(s, job, IL_PLACE_SERIAL, s->bounce_target, -1)) return;
  }
  il_session *s = il_current;
  if (LIKELY(s != NULL) && il_deliver(s, job, IL_PLACE_SERIAL, identity, -1)) return;
  if (il_deliver_foreign(job, IL_PLACE_SERIAL, identity)) return;
  // Not ours at all: what it belongs to is a default actor of the native runtime.
  swift_task_enqueue_(job, identity, 0);
}

// A task that the library itself moved to a default actor's own queue is put
// into the session's queue instead, as soon as that queue is emptied.
// It takes three arguments more than it is called with: a tail call must go to a
// function of the caller's own signature.
static SWIFT_ASYNC void bounce(ASYNC_CONTEXT void *context, resume_function unused_resume,
                               void *unused_identity, uintptr_t unused_witness) {
  (void)unused_resume, (void)unused_identity, (void)unused_witness;
  il_task *task = il_record(il_swift_task_getCurrent());
  resume_function resume = (resume_function)task->saved_resume;
  task->saved_resume = NULL;
  if (draining) draining->bounce_target = swift_task_getCurrentExecutor_().identity;
  MUSTTAIL return real_switch()(context, resume, elsewhere_executor, il_serial_witness);
}

static void drain_actors(il_session *s) {
  while (s->drain_count) {
    void *job = s->drains[--s->drain_count];
    il_session *previous = il_current;
    il_current = NULL;
    draining = s;
    swift_job_run_(job, NULL, 0);
    draining = NULL;
    il_current = previous;
  }
}

// A default actor whose own queue is no longer empty wants to be run: if it is the
// step's task that has just been put there, the job is kept for after the step.
static bool take_drain(il_session *s, void *job) {
  il_task *task = s->step_task;
  bool switching = !il_swift_task_getCurrent() && task && !task->simple && task->alive;
  if (switching && s->drain_count < 8) {
    il_job *j = task->job;
    task->saved_resume = j->resume;
    j->resume = (void *)bounce;
    s->drains[s->drain_count++] = job;
    return true;
  }
  il_note_escape(s, IL_ESCAPE_UNKNOWN_JOB, __builtin_return_address(0));
  return false;
}

static bool is_drain(const void *job) {
  uint8_t kind = il_job_kind(job);
  return kind >= IL_KIND_ACTOR_INLINE && kind <= IL_KIND_ACTOR_OVERRIDE;
}

void il_enqueued_task(void *job, void *identity) {
  il_session *s = il_current;
  // A default actor that a task reaches from a task executor runs there.
  if (s && is_drain(job) && take_drain(s, job)) return;
  if (LIKELY(s != NULL) && il_deliver(s, job, IL_PLACE_TASK_EXECUTOR, identity, -1)) return;
  if (il_deliver_foreign(job, IL_PLACE_TASK_EXECUTOR, identity)) return;
  swift_task_enqueue_(job, NULL, 0);
}

static __thread struct {
  bool is_on;
  unsigned count;
  const char *wrong;
} probe;

void il_probe_begin(void) {
  probe.is_on = true;
  probe.count = 0;
  probe.wrong = NULL;
}

const char *il_probe_end(void) {
  probe.is_on = false;
  return probe.wrong;
}

unsigned il_probe_count(void) { return probe.count; }

static SWIFT_CC void on_global(void *job, hook_original original) {
  il_session *s = il_current;
  if (LIKELY(s != NULL)) {
    if (UNLIKELY(is_drain(job))) {
      if (take_drain(s, job)) return;
    } else if (il_deliver(s, job, IL_PLACE_GLOBAL, NULL, -1)) {
      return;
    } else {
      il_note_escape(s, IL_ESCAPE_UNKNOWN_JOB, ((il_job *)job)->resume);
    }
  } else if (atomic_load_explicit(&il_live_sessions, memory_order_relaxed) &&
             il_deliver_foreign(job, IL_PLACE_GLOBAL, NULL)) {
    return;
  }
  if (UNLIKELY(probe.is_on) && !probe.count++) probe.wrong = il_check_job(job);
  if (previous_global) previous_global(job, original); else original(job);
}

static SWIFT_CC void on_main(void *job, hook_original original) {
  il_session *s = il_current;
  if (s && il_deliver(s, job, IL_PLACE_MAIN, main_executor, -1)) return;
  if (!s && atomic_load_explicit(&il_live_sessions, memory_order_relaxed) &&
      il_deliver_foreign(job, IL_PLACE_MAIN, main_executor)) return;
  if (previous_main) previous_main(job, original); else original(job);
}

static SWIFT_CC void on_delay(unsigned long long delay, void *job, delay_original original) {
  il_session *s = il_current;
  if (s && il_deliver(s, job, IL_PLACE_GLOBAL, NULL, s->now + (int64_t)delay)) return;
  if (previous_delay) previous_delay(delay, job, original); else original(delay, job);
}

static SWIFT_CC void on_deadline(long long sec, long long nsec, long long tsec, long long tnsec,
                                 int clock, void *job, deadline_original original) {
  il_session *s = il_current;
  if (s) {
    // The runtime numbers its clocks: 1 continuous, 2 suspending.
    int64_t at = sec * 1000000000 + nsec - il_clock_origin(clock == 1 ? 7 : 1);
    if (il_deliver(s, job, IL_PLACE_GLOBAL, NULL, at < 0 ? 0 : at)) return;
  }
  if (previous_deadline) previous_deadline(sec, nsec, tsec, tnsec, clock, job, original);
  else original(sec, nsec, tsec, tnsec, clock, job);
}

// MARK: - Interposed: what compiled code calls

// The library pushes a task executor preference out of sight: it is a record in
// the task's list, which is given our witness table before it is first used.
static void own_preference(il_task *task) {
  typedef struct status_record {
    size_t flags;
    struct status_record *parent;
    void *owner;
    il_executor executor;
  } status_record;
  il_executor preferred = swift_task_getPreferredTaskExecutor_();
  if (!preferred.identity || preferred.witness == il_task_witness) return;
  status_record *record = *(status_record **)((char *)task->job + IL_TASK_STATUS + 8);
  for (; record; record = record->parent) {
    if (record->executor.identity == preferred.identity &&
        record->executor.witness == preferred.witness)
      record->executor.witness = il_task_witness;
  }
}

SWIFT_ASYNC void swift_task_switch(ASYNC_CONTEXT void *context, resume_function resume,
                                   void *identity, uintptr_t witness) {
  il_session *s = il_current;
  if (s) {
    // Registers that the callee does not expect do no harm; a tail call must
    // have its caller's signature.
    if (identity && identity == s->executor)
      MUSTTAIL return ((switch_function)(void *)resume)(context, resume, identity, witness);
    if (UNLIKELY(il_prefers_executor(s->step_task))) own_preference(s->step_task);
    if (identity && identity != main_executor && LIKELY(!s->leaves_hops || witness)) {
      if (UNLIKELY(witness && witness != il_serial_witness)) s->custom_executor = identity;
      witness = il_serial_witness;
    }
  } else if (UNLIKELY(atomic_load_explicit(&il_live_sessions, memory_order_relaxed) != 0)) {
    // A task of a session that runs on a foreign thread comes home here.
    void *current = il_swift_task_getCurrent ? il_swift_task_getCurrent() : NULL;
    if (current && il_record(current) && identity && identity != main_executor)
      witness = il_serial_witness;
  }
  MUSTTAIL return real_switch()(context, resume, identity, witness);
}

// Records in the chain of options with which a task is made.
typedef struct option_record {
  size_t flags;
  struct option_record *parent;
  il_executor executor;
} option_record;
enum {
  OPTION_SERIAL_EXECUTOR = 0,
  OPTION_GROUP = 1,
  OPTION_TASK_EXECUTOR_UNOWNED = 5,
  OPTION_TASK_EXECUTOR_OWNED = 6,
};

static void own_executors(il_session *s, option_record *options) {
  s->creation_group = NULL;
  for (option_record *o = options; o; o = o->parent) {
    uint8_t kind = (uint8_t)o->flags;
    if (kind == OPTION_SERIAL_EXECUTOR && o->executor.identity &&
        o->executor.identity != main_executor) {
      if (o->executor.witness && o->executor.witness != il_serial_witness)
        s->custom_executor = o->executor.identity;
      o->executor.witness = il_serial_witness;
    } else if ((kind == OPTION_TASK_EXECUTOR_UNOWNED || kind == OPTION_TASK_EXECUTOR_OWNED) &&
               o->executor.identity) {
      // An owned record holds an existential; its witness table has the same form.
      o->executor.witness = il_task_witness;
    } else if (kind == OPTION_GROUP) {
      s->creation_group = o->executor.identity;
    }
  }
}

typedef struct {
  void *task;
  void *context;
} task_and_context;
typedef SWIFT_CC task_and_context (*create_function)(size_t flags, option_record *options,
                                                     const void *type, void *entry,
                                                     void *closure);
enum { CREATE_IS_CHILD = 1 << 8, CREATE_COPIES_LOCALS = 1 << 10 };

SWIFT_CC task_and_context swift_task_create(size_t flags, option_record *options,
                                            const void *type, void *entry, void *closure) {
  static create_function original;
  if (UNLIKELY(!original)) original = (create_function)il_next_symbol("swift_task_create");
  il_session *s = il_current;
  if (!s) return original(flags, options, type, entry, closure);
  void *site = __builtin_return_address(0);
  own_executors(s, options);
  s->creating++;
  s->creation_site = site;
  s->creation_entry = entry;
  s->creating_child = (flags & CREATE_IS_CHILD) != 0;
  task_and_context made = original(flags, options, type, entry, closure);
  s->creating--;
  if (!il_record(made.task))
    il_adopt(s, made.task, site, entry, (flags & CREATE_IS_CHILD) != 0);
  s->creation_group = NULL;
  if (!(flags & (CREATE_IS_CHILD | CREATE_COPIES_LOCALS))) il_give_locals(il_record(made.task));
  return made;
}

typedef SWIFT_CC void (*async_let_function)(void *let, option_record *options, const void *type,
                                            void *entry, void *closure, void *result);

SWIFT_CC void swift_asyncLet_begin(void *let, option_record *options, const void *type,
                                   void *entry, void *closure, void *result) {
  static async_let_function original;
  if (UNLIKELY(!original)) original = (async_let_function)il_next_symbol("swift_asyncLet_begin");
  il_session *s = il_current;
  if (!s) {
    original(let, options, type, entry, closure, result);
    return;
  }
  own_executors(s, options);
  s->creating++;
  s->creation_site = __builtin_return_address(0);
  s->creation_entry = entry;
  s->creating_child = true;
  original(let, options, type, entry, closure, result);
  s->creating--;
}

typedef SWIFT_CC void (*immediate_function)(void *task, void *identity, uintptr_t witness);

SWIFT_CC void swift_task_immediate(void *task, void *identity, uintptr_t witness) {
  static immediate_function original;
  if (UNLIKELY(!original)) original = (immediate_function)il_next_symbol("swift_task_immediate");
  il_session *s = il_current;
  if (!s) {
    original(task, identity, witness);
    return;
  }
  void *executor = s->executor;
  il_task *step_task = s->step_task;
  s->executor = identity;
  s->step_task = il_record(task);
  if (identity && identity != main_executor) witness = il_serial_witness;
  s->immediate++;
  original(task, identity, witness);
  s->immediate--;
  s->executor = executor;
  s->step_task = step_task;
}

typedef SWIFT_CC void (*deinit_function)(void *object, void *work, void *identity,
                                         uintptr_t witness, size_t flags);

SWIFT_CC void swift_task_deinitOnExecutor(void *object, void *work, void *identity,
                                          uintptr_t witness, size_t flags) {
  static deinit_function original;
  if (UNLIKELY(!original))
    original = (deinit_function)il_next_symbol("swift_task_deinitOnExecutor");
  if (il_current && identity && identity != main_executor) witness = il_serial_witness;
  original(object, work, identity, witness, flags);
}

typedef SWIFT_CC void (*actor_function)(void *actor);

SWIFT_CC void swift_defaultActor_initialize(void *actor) {
  static actor_function original;
  if (UNLIKELY(!original))
    original = (actor_function)il_next_symbol("swift_defaultActor_initialize");
  original(actor);
  il_session *s = il_current;
  if (s && !s->initializing) s->callbacks.actor_made(s->context, actor, s->step_task);
}

typedef SWIFT_CC void *(*push_function)(void *identity, uintptr_t witness);

SWIFT_CC void *swift_task_pushTaskExecutorPreference(void *identity, uintptr_t witness) {
  static push_function original;
  if (UNLIKELY(!original))
    original = (push_function)il_next_symbol("swift_task_pushTaskExecutorPreference");
  if (il_current && identity) witness = il_task_witness;
  return original(identity, witness);
}

// A global is initialized by whatever step comes first, once in a process: what
// that draws at random or makes is not the run's own, or the first run would
// differ from all others.
void swift_once(void *predicate, void (*initializer)(void *), void *context) {
  static void (*original)(void *, void (*)(void *), void *);
  if (UNLIKELY(!original))
    *(void **)&original = il_next_symbol("swift_once");
  il_session *s = il_current;
  if (LIKELY(!s)) {
    original(predicate, initializer, context);
    return;
  }
  uint64_t random = s->random[0];
  s->initializing++;
  original(predicate, initializer, context);
  s->initializing--;
  s->random[0] = random;
}

// MARK: - Sessions

il_session *il_session_create(const il_callbacks *callbacks) {
  il_session *s = calloc(1, sizeof *s);
  s->callbacks = *callbacks;
  pthread_cond_init(&s->foreign_signal, NULL);
  atomic_fetch_add(&il_live_sessions, 1);
  return s;
}

void il_session_destroy(il_session *s) {
  // Tasks that were abandoned keep their records: whatever resumes them later
  // must find out that nobody waits for them. So `il_live_sessions` counts the
  // sessions that ever left one behind, too.
  bool abandoned = false;
  for (size_t i = 0; i < s->task_count; i++) {
    if (s->tasks[i]->alive) abandoned = true; else free(s->tasks[i]);
  }
  if (!abandoned) atomic_fetch_sub(&il_live_sessions, 1);
  pthread_cond_destroy(&s->foreign_signal);
  free(s->tasks);
  free(s);
}

void il_session_begin(il_session *s, uint64_t seed) {
  s->running = true;
  s->now = 0;
  s->clock_reads = 0;
  il_random_seed(s, seed);
}

void il_session_end(il_session *s) {
  s->running = false;
  il_ready ready;
  size_t kept = 0;
  pthread_mutex_lock(&inbox_lock);
  for (size_t i = 0; i < s->task_count; i++) {
    il_task *task = s->tasks[i];
    if (task->alive && !task->simple) {
      task->session = NULL;  // From now on nobody's, and never freed.
    } else {
      if (task->alive) free_record(s, task);
      s->tasks[kept++] = task;
    }
  }
  pthread_mutex_unlock(&inbox_lock);
  if (kept != s->task_count) atomic_fetch_add(&il_live_sessions, 1);
  s->task_count = kept;
  // What is left in the inbox belongs to tasks that were abandoned just now.
  while (il_take_foreign(s, &ready)) {}
}

il_session *il_enter(il_session *s) {
  il_session *previous = il_current;
  s->executor = NULL;
  s->step_task = NULL;
  il_current = s;
  return previous;
}

void il_leave(il_session *previous) { il_current = previous; }

il_session *il_current_session(void) { return il_current; }
void il_session_set_context(il_session *s, void *context) { s->context = context; }
void *il_session_context(il_session *s) { return s->context; }

void il_run_step(il_session *s, const il_ready *ready) {
  s->executor = ready->place == IL_PLACE_TASK_EXECUTOR ? NULL : ready->executor;
  s->step_task = ready->task;
  s->clock_reads = 0;
  bool simple = ready->task->simple;
  il_current = s;
  switch (ready->place) {
  case IL_PLACE_SERIAL:
    swift_job_run_on_(ready->job, ready->executor, il_serial_witness, NULL, 0);
    break;
  case IL_PLACE_MAIN: {
    il_executor executor = swift_task_getMainExecutor_();
    swift_job_run_on_(ready->job, executor.identity, executor.witness, NULL, 0);
    break;
  }
  case IL_PLACE_TASK_EXECUTOR:
    swift_job_run_on_(ready->job, NULL, 0, ready->executor, il_task_witness);
    break;
  case IL_PLACE_GLOBAL:
    if (UNLIKELY(ready->task->handler != NULL)) {
      void (*handler)(void *) = ready->task->handler;
      ready->task->handler = NULL;
      handler(ready->task->handler_context);
      break;
    }
    swift_job_run_on_(ready->job, NULL, 0, NULL, 0);
    break;
  }
  if (UNLIKELY(s->drain_count)) drain_actors(s);
  il_current = NULL;
  if (UNLIKELY(simple)) {
    s->callbacks.ended(s->context, ready->task);
    free_record(s, ready->task);
  }
}

int64_t il_now(const il_session *s) { return s->now; }
void il_advance(il_session *s, int64_t now) { if (now > s->now) s->now = now; }

void *il_main_executor(void) { return main_executor; }

// MARK: - Installation

#define REQUIRE(pointer, name)                                                         \
  do {                                                                                 \
    *(void **)&(pointer) = dlsym(RTLD_DEFAULT, name);                                  \
    if (!(pointer)) return "the runtime does not export " name;                        \
  } while (0)

static void chain(const char *name, void *ours, void **previous) {
  void **hook = dlsym(RTLD_DEFAULT, name);
  if (!hook) return;
  *previous = *hook;
  *hook = ours;
}

const char *il_install(uintptr_t serial_witness, uintptr_t task_witness, void *elsewhere) {
  static bool installed;
  if (installed) return NULL;
  if (sizeof(void *) != 8) return "the layout of tasks is known for 64-bit systems only";
  REQUIRE(il_swift_task_getCurrent, "swift_task_getCurrent");
  REQUIRE(swift_task_getCurrentExecutor_, "swift_task_getCurrentExecutor");
  REQUIRE(swift_task_getMainExecutor_, "swift_task_getMainExecutor");
  REQUIRE(swift_job_run_on_, "swift_job_run_on_serial_and_task_executor");
  REQUIRE(swift_job_run_, "swift_job_run");
  REQUIRE(swift_task_enqueue_, "swift_task_enqueue");
  REQUIRE(swift_task_cancel_, "swift_task_cancel");
  REQUIRE(swift_task_getPreferredTaskExecutor_, "swift_task_getPreferredTaskExecutor");
  if (!dlsym(RTLD_DEFAULT, "swift_task_enqueueGlobal_hook"))
    return "the runtime does not export swift_task_enqueueGlobal_hook";
  if (!real_switch() || real_switch() == swift_task_switch)
    return "the runtime's own swift_task_switch cannot be reached";
  il_serial_witness = serial_witness;
  il_task_witness = task_witness;
  elsewhere_executor = elsewhere;
  main_executor = swift_task_getMainExecutor_().identity;
  chain("swift_task_enqueueGlobal_hook", (void *)on_global, (void **)&previous_global);
  chain("swift_task_enqueueMainExecutor_hook", (void *)on_main, (void **)&previous_main);
  chain("swift_task_enqueueGlobalWithDelay_hook", (void *)on_delay, (void **)&previous_delay);
  chain("swift_task_enqueueGlobalWithDeadline_hook", (void *)on_deadline,
        (void **)&previous_deadline);
  installed = true;
  return NULL;
}

void il_session_leave_hops(il_session *s, bool value) { s->leaves_hops = value; }

bool il_is_interposed(void) {
  return dlsym(RTLD_DEFAULT, "swift_task_switch") == (void *)swift_task_switch;
}
