// Files: waiting inside the step until one is ready.
//
// What two steps of a run say to each other by a pipe or a pair of sockets that the run made is a
// matter of their order alone. Whether something is ready is looked at whenever it is asked who
// could go on.

#ifndef CINTERLEAVE_FILES_H
#define CINTERLEAVE_FILES_H

#include "../Environment/environment.h"
#include "../Carriers/carriers.h"

#if defined(__linux__) && defined(IL_HAS_CARRIERS)
#include <poll.h>

IL_UNINSTRUMENTED_BEGIN

// MARK: Pipes and pairs of sockets

/// The running step has made one.
void il_note_channel(int first, int second);
/// The one that a file is an end of; NULL where the running step's run has not made it.
il_channel *il_channel_of(int file);
/// A thread that runs no step writes to a file.
void il_note_transfer_by_other(int file);
/// Nobody but steps of the run has to do with those that it made.
bool il_has_channels_alone(const il_session *session);
/// The running step is about to do something by one. It may be interrupted before it does.
void il_reach_transfer(il_session *session, il_channel *channel, void *caller, void **frame);

// MARK: Waiting

/// A call that waits for files.
typedef struct {
  il_readiness readiness;
  struct pollfd *files;
  nfds_t count;
  void *caller;
  void **frame;
} il_file_wait;

/// A call that waits for one of some files.
il_file_wait il_wait_for_files(const char *call, struct pollfd *files, nfds_t count, bool is_own,
                               void *caller, void **frame);
/// Waits inside the step until that is ready, or until a time of the run. False: the time is over.
bool il_wait_until_ready(il_session *session, il_file_wait *wait, int64_t limit);

IL_UNINSTRUMENTED_END
#endif

#endif
