// The take-over of the Swift concurrency runtime, for one thread at a time.
//
// A *session* belongs to one machine and one thread. While that thread runs a
// step of the session, every job that the runtime would hand to an executor is
// handed to the session instead. All other threads of the process keep the
// native runtime, untouched.
//
// This layer knows jobs, executors and deadlines. It knows nothing of choices,
// strategies, reports or Swift types.

#ifndef CINTERLEAVE_H
#define CINTERLEAVE_H

#include "Binaries.h"
#include "Carriers.h"
#include "Counting.h"
#include "Engines.h"
#include "Guards.h"
#include "Sessions.h"
#include "Unseen.h"

#endif
