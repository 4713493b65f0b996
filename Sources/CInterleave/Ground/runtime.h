// The runtime's own memory and functions, as far as they are read, written and called here.

#ifndef CINTERLEAVE_RUNTIME_H
#define CINTERLEAVE_RUNTIME_H

#include "CInterleave.h"
#include "code.h"

IL_UNINSTRUMENTED_BEGIN

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

enum { IL_KIND_TASK = 0, IL_KIND_ACTOR_INLINE = 192, IL_KIND_ACTOR_OVERRIDE = 194,
       // No kind of the runtime's: a block that waits for a dispatch queue.
       IL_KIND_BLOCK = 200 };

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
// What such a record begins with, and the kind of one that handles a cancellation.
typedef struct il_status_record {
  uintptr_t flags;
  const struct il_status_record *next;
} il_status_record;
enum { IL_RECORD_HANDLES_CANCELLATION = 3 };

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
extern uintptr_t il_serial_witness, il_task_witness;

// The runtime's own functions, behind ours.
extern void *(*il_swift_task_getCurrent)(void);

// What a checked continuation is: it refers to its task until it is resumed.
typedef struct {
  void *type;
  size_t references;
  void *task;
} il_checked_continuation;

static inline il_task *il_record(const void *job) {
  return (il_task *)((const il_job *)job)->reserved;
}

/// The task prefers a task executor to the global one.
static inline bool il_prefers_executor(const il_task *task) {
  if (!task || task->simple || !task->alive) return false;
  uint64_t status = *(const uint64_t *)((const char *)task->job + IL_TASK_STATUS);
  return status & IL_STATUS_HAS_EXECUTOR_PREFERENCE;
}

extern switch_function il_found_switch;
switch_function il_find_switch(void);
/// The runtime's own `swift_task_switch`.
static inline switch_function il_real_switch(void) {
  return LIKELY(il_found_switch != NULL) ? il_found_switch : il_find_switch();
}

IL_UNINSTRUMENTED_END

#endif
