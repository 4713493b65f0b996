// Functions of the runtime that compiled code calls, and that ours stand in for.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "takeover.h"
#include "../Carriers/carriers.h"

IL_UNINSTRUMENTED_BEGIN

// The library pushes a task executor preference out of sight: it is a record in
// the task's list, which is given our witness table before it is first used.
static void own_preference(il_session *s, il_task *task) {
  typedef struct status_record {
    size_t flags;
    struct status_record *parent;
    void *owner;
    il_executor executor;
  } status_record;
  il_executor preferred = il_runtime.preferred_executor();
  if (!preferred.identity || preferred.witness == il_task_witness) return;
  il_note_task_executor(s, preferred);
  status_record *record = *(status_record **)((char *)task->job + IL_TASK_STATUS + 8);
  for (; record; record = record->parent) {
    if (record->executor.identity == preferred.identity &&
        record->executor.witness == preferred.witness)
      record->executor.witness = il_task_witness;
  }
}

// An executor that is the program's own, and no default actor.
static void note_custom(il_session *s, void *identity, uintptr_t witness) {
  s->custom_executor = identity;
  s->custom_witness = witness;
}

SWIFT_ASYNC void swift_task_switch(ASYNC_CONTEXT void *context, resume_function resume,
                                   void *identity, uintptr_t witness) {
  il_session *s = il_current;
  if (s) {
    // Registers that the callee does not expect do no harm; a tail call must
    // have its caller's signature.
    if (UNLIKELY(s->awaits != NULL) && identity)
      il_awaits_change(s, context, (const void *)resume, identity == s->executor);
    if (identity && identity == s->executor)
      MUSTTAIL return ((switch_function)(void *)resume)(context, resume, identity, witness);
    if (UNLIKELY(il_prefers_executor(s->step_task))) own_preference(s, s->step_task);
    if (identity && identity != il_main && LIKELY(!s->leaves_hops || witness)) {
      if (UNLIKELY(witness && witness != il_serial_witness)) note_custom(s, identity, witness);
      witness = il_serial_witness;
    }
  } else if (UNLIKELY(atomic_load_explicit(&il_live_sessions, memory_order_relaxed) != 0)) {
    // A task of a session that runs on a foreign thread comes home here.
    void *current = il_swift_task_getCurrent ? il_swift_task_getCurrent() : NULL;
    if (current && il_record(current) && identity && identity != il_main)
      witness = il_serial_witness;
  }
  MUSTTAIL return il_real_switch()(context, resume, identity, witness);
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
  OPTION_NAME = 7,
};

// A task is made with something of its own, which lies upon its task-locals and is taken away
// before them.
static bool has_records(const option_record *options) {
  for (const option_record *o = options; o; o = o->parent) {
    uint8_t kind = (uint8_t)o->flags;
    if (kind >= OPTION_TASK_EXECUTOR_UNOWNED && kind <= OPTION_NAME) return true;
  }
  return false;
}

static void own_executors(il_session *s, option_record *options) {
  s->creation_group = NULL;
  s->creation_let = NULL;
  for (option_record *o = options; o; o = o->parent) {
    uint8_t kind = (uint8_t)o->flags;
    if (kind == OPTION_SERIAL_EXECUTOR && o->executor.identity &&
        o->executor.identity != il_main) {
      if (o->executor.witness && o->executor.witness != il_serial_witness)
        note_custom(s, o->executor.identity, o->executor.witness);
      o->executor.witness = il_serial_witness;
    } else if ((kind == OPTION_TASK_EXECUTOR_UNOWNED || kind == OPTION_TASK_EXECUTOR_OWNED) &&
               o->executor.identity) {
      // An owned record holds an existential; its witness table has the same form.
      il_note_task_executor(s, o->executor);
      o->executor.witness = il_task_witness;
    } else if (kind == OPTION_GROUP) {
      s->creation_group = o->executor.identity;
    }
  }
}

static void pass_by_made(il_session *s, const void *site) {
#if defined(IL_HAS_CARRIERS)
  if (UNLIKELY(s->carriers != NULL)) il_pass_by(s, IL_POINT_MADE, site);
#else
  (void)s, (void)site;
#endif
}

typedef struct {
  void *task;
  void *context;
} task_and_context;
typedef SWIFT_CC task_and_context (*create_function)(size_t flags, option_record *options,
                                                     const void *type, void *entry,
                                                     void *closure);
enum {
  CREATE_PRIORITY = 0xFF,
  CREATE_IS_CHILD = 1 << 8,
  CREATE_COPIES_LOCALS = 1 << 10,
  DEFAULT_PRIORITY = 0x15,
};

// Where the function goes on that called the one at whose frame we are: what makes
// a task may be a small function of the runtime's own, which the user called.
// Where that has kept no frame, what we find may be anything, and is not followed.
static void *caller_beyond(void **frame) {
  void **outer = (void **)frame[0];
  uintptr_t distance = (uintptr_t)outer - (uintptr_t)frame;
  bool is_frame = distance > 0 && distance < 65536 && distance % sizeof(void *) == 0;
  return is_frame ? outer[1] : NULL;
}

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
  s->creation_caller = caller_beyond(__builtin_frame_address(0));
  s->creation_entry = entry;
  s->creating_child = (flags & CREATE_IS_CHILD) != 0;
  bool is_detached = !(flags & (CREATE_IS_CHILD | CREATE_COPIES_LOCALS));
  il_loan loan;
  bool lends = is_detached && has_records(options) && il_lend_locals(&loan);
  if (lends) {
    flags |= CREATE_COPIES_LOCALS;
    // Else it would have its maker's.
    if (!(flags & CREATE_PRIORITY)) flags |= DEFAULT_PRIORITY;
  }
  task_and_context made = original(flags, options, type, entry, closure);
  if (lends) il_take_back_locals(&loan);
  s->creating--;
  if (!il_record(made.task))
    il_adopt(s, made.task, site, entry, (flags & CREATE_IS_CHILD) != 0);
  s->creation_group = NULL;
  s->creation_let = NULL;
  if (is_detached && !lends) il_give_locals(il_record(made.task));
  pass_by_made(s, site);
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
  s->creation_caller = NULL;
  s->creation_entry = entry;
  s->creating_child = true;
  s->creation_let = let;
  original(let, options, type, entry, closure, result);
  s->creation_let = NULL;
  s->creating--;
  pass_by_made(s, __builtin_return_address(0));
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
  if (identity && identity != il_main) witness = il_serial_witness;
  s->immediate++;
  original(task, identity, witness);
  s->immediate--;
  s->executor = executor;
  s->step_task = step_task;
  // Where it has come to by now, others may know.
#if defined(IL_HAS_CARRIERS)
  if (UNLIKELY(s->carriers != NULL)) il_count_operation(s);
#endif
  pass_by_made(s, __builtin_return_address(0));
}

typedef SWIFT_CC void (*deinit_function)(void *object, void *work, void *identity,
                                         uintptr_t witness, size_t flags);

SWIFT_CC void swift_task_deinitOnExecutor(void *object, void *work, void *identity,
                                          uintptr_t witness, size_t flags) {
  static deinit_function original;
  if (UNLIKELY(!original))
    original = (deinit_function)il_next_symbol("swift_task_deinitOnExecutor");
  if (il_current && identity && identity != il_main) witness = il_serial_witness;
  original(object, work, identity, witness, flags);
}

typedef SWIFT_CC void (*actor_function)(void *actor);

SWIFT_CC void swift_defaultActor_initialize(void *actor) {
  static actor_function original;
  if (UNLIKELY(!original))
    original = (actor_function)il_next_symbol("swift_defaultActor_initialize");
  original(actor);
  il_session *s = il_current;
  if (s && !s->initializing) IL_TELL(s, actor_made, actor, s->step_task);
}

SWIFT_CC void swift_defaultActor_destroy(void *actor) {
  static actor_function original;
  if (UNLIKELY(!original))
    original = (actor_function)il_next_symbol("swift_defaultActor_destroy");
  if (il_current) IL_TELL(il_current, actor_gone, actor);
  original(actor);
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
#if defined(IL_HAS_CARRIERS)
  void *caller = IL_CALLER();
#endif
  static void (*original)(void *, void (*)(void *), void *);
  if (UNLIKELY(!original))
    *(void **)&original = il_next_symbol("swift_once");
  il_session *s = il_current;
  if (LIKELY(!s)) {
    original(predicate, initializer, context);
    return;
  }
#if defined(IL_HAS_CARRIERS)
  il_session *inside = il_inside();
  if (UNLIKELY(inside != NULL)) il_once_begins(inside, predicate, caller);
#endif
  uint64_t random = s->random[0], seeded = s->random[1];
  s->initializing++;
  original(predicate, initializer, context);
  s->initializing--;
#if defined(IL_HAS_CARRIERS)
  if (UNLIKELY(inside != NULL)) il_once_ends(inside, predicate);
#endif
  s->random[0] = random;
  s->random[1] = seeded;
}

IL_UNINSTRUMENTED_END
