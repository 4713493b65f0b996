// Environment: time, randomness and what steps hand over to others.

#ifndef CINTERLEAVE_ENVIRONMENT_H
#define CINTERLEAVE_ENVIRONMENT_H

#include "../Ground/ground.h"

IL_UNINSTRUMENTED_BEGIN

// MARK: Time

/// Lets virtual time pass within a step, if it is positive.
void il_pass(il_session *session, int64_t nanoseconds);
/// The virtual time that a time of libdispatch's stands for.
int64_t il_deadline_of(il_session *session, uint64_t when);
/// The same moment of libdispatch's by the clocks of the system, for what goes by those.
uint64_t il_real_deadline(il_session *session, uint64_t when);
/// The moment of the system's clock at which so much time will have passed as is left until a
/// moment of the run's; nanoseconds, at least 1.
int64_t il_real_moment(il_session *session, clockid_t clock, int64_t moment);
/// How long it is until a time of libdispatch's, by the system's clocks.
int64_t il_time_until(uint64_t when);
/// Answers from the session's clock: nanoseconds for a clock's own origin.
int64_t il_clock_origin(int clock);
int64_t il_clock_read(il_session *session, int clock);

// MARK: Randomness

void il_random_seed(il_session *session, uint64_t seed);
/// Fills the buffer from the run's randomness; false where no step is running.
bool il_draw(void *buffer, size_t count);
/// The same from the stream that the program can seed, and seeding it.
bool il_draw_seeded(uint64_t *word);
bool il_seed_drawing(uint64_t seed);
/// The same where a step has opened a random device by that number; and it is closed.
bool il_draw_from(int descriptor, void *buffer, size_t count);
void il_note_closed(int descriptor);

// MARK: What is handed over

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

/// A step, or who is on an errand of its run, hands something over that is to be done by a
/// time of libdispatch's. NULL: neither does.
il_errand *il_send(il_errand_kind kind, void *caller, uint64_t when);
/// The function and the context to hand over in the place of others.
void *il_send_function(void (**work)(void *), void *context, void *caller, uint64_t when);
/// The block to hand over in the place of another; the wrapper must last until it is copied.
void *il_wrap(il_block *wrapper, void *block, il_errand *errand);
typedef int (*il_thread_maker)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int il_send_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument, void *caller, il_thread_maker make);

// MARK: Others

/// The file is a socket or a pipe.
bool il_is_connection(int file);
/// Notes that the running step reads from a file, if that is a socket or a pipe.
void il_note_io(int file, void *caller);
/// Notes that who runs talks to others.
void il_note_talk(void *caller);

IL_UNINSTRUMENTED_END

#endif
