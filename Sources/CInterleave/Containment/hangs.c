// A step does not return: which of its calls does not.
//
// The thread is looked at several times, for a while of its processor time. What is told are
// the calls that were there all the time: those that led into a loop, and the function that it
// is in, but not what that calls, however long it spends there.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "guard.h"
#include "../Watching/watching.h"

#include <string.h>

IL_UNINSTRUMENTED_BEGIN

static struct sigaction previous_hang;

// How often it is looked at, at least; for how many nanoseconds; and how often what is seen may
// not say where it is.
enum { SAMPLES = 16, LOOKING = 20000000, BROKEN_SAMPLES = 100 };

// Finds the call whose stack ends there; the number of calls if there is none.
static size_t find_call(const il_stop *stop, uintptr_t end) {
  size_t n = 0;
  while (n < stop->frame_count && stop->ends[n] != end) n++;
  return n;
}

static void note_part(il_stop *stop, uintptr_t address) {
  uintptr_t start = il_function_start(address);
  size_t n = 0;
  while (n < stop->circle_count && il_function_start(stop->circle[n]) != start) n++;
  if (n == stop->circle_count && n < IL_STOP_CIRCLE) stop->circle[stop->circle_count++] = address;
}

// What was seen as call `n` is there still, as far as can be seen.
static bool is_there_still(const il_stop *before, size_t n, const il_stop *now) {
  uintptr_t place = before->frames[n], end = before->ends[n];
  size_t k = find_call(now, end);
  if (k == now->frame_count)
    // Further out than what is kept of a deep stack.
    return now->frame_count == IL_STOP_FRAMES && end > now->ends[now->frame_count - 2];
  return now->frames[k] == place || il_function_start(now->frames[k]) == il_function_start(place);
}

// Keeps the calls that have not returned since, nor called others in their place: the parts of
// asynchronous functions do so, which call one another as their last act.
static void keep_lasting(il_guard *g, const il_stop *now) {
  il_stop *stop = &g->stop;
  size_t first = stop->frame_count - 1;
  while (first > 0 && stop->ends[first - 1] > g->returned && is_there_still(stop, first - 1, now))
    first--;
  if (first > 0) {
    stop->circle_count = 0;
    g->is_circle = stop->ends[first - 1] > g->returned;
    if (g->is_circle) note_part(stop, stop->frames[first - 1]);
    stop->frame_count -= first;
    memmove(stop->frames, stop->frames + first, stop->frame_count * sizeof *stop->frames);
    memmove(stop->ends, stop->ends + first, stop->frame_count * sizeof *stop->ends);
  }
  // Whoever is called there at this moment is a part as well.
  size_t caller = stop->ends[0] ? find_call(now, stop->ends[0]) : now->frame_count - 1;
  if (g->is_circle && caller > 0 && caller < now->frame_count)
    note_part(stop, now->frames[caller - 1]);
}

// The processor time of the guarded thread, which is this one.
static int64_t time_spent(const il_guard *g) {
#if defined(__linux__)
  return il_real_clock(g->clock);
#else
  (void)g;
  return il_real_time();
#endif
}

static void begin_looking(il_guard *g, const il_stop *stop) {
  g->stop = *stop;
  g->returned = 0;
  g->is_circle = false;
  g->first_sample = time_spent(g);
}

static bool has_seen_enough(const il_guard *g) {
  return g->samples >= SAMPLES && time_spent(g) - g->first_sample >= LOOKING;
}

static void on_hang(int signal, siginfo_t *info, void *context) {
  il_guard *g = il_this_guard;
  if (!g || !atomic_load(&g->is_suspect)) {
    if (previous_hang.sa_handler != SIG_DFL && previous_hang.sa_handler != SIG_IGN)
      il_pass_on(signal, info, context, &previous_hang);
    return;
  }
  if (!il_current || atomic_load(&g->serial) != g->suspect || il_is_returning(context)) return;
  il_release_returns(g);
  il_stop stop = {.kind = IL_STOP_HANG, .is_asleep = g->is_asleep};
  uintptr_t place = il_unmove(context);
  il_note_calls(&stop, il_program_counter(context), context, 0);
  il_move_back(context, place);
  // Who sleeps does so at one place.
  if (stop.is_asleep && !stop.is_broken) il_stop_here(g, &stop);
  if (stop.is_broken) {
    // Where that cannot be told at this moment, it will be at another.
    if (++g->broken_samples == BROKEN_SAMPLES) il_stop_here(g, g->samples ? &g->stop : &stop);
  } else if (il_is_forked || !il_is_in_allocator(&stop)) {
    if (!g->samples++) begin_looking(g, &stop); else keep_lasting(g, &stop);
    if (has_seen_enough(g)) il_stop_here(g, &g->stop);
  }
  if (g->samples) il_watch_returns(g, &g->stop, context);
}

void il_handle_hangs(void) {
  struct sigaction action = {.sa_sigaction = on_hang, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
  sigemptyset(&action.sa_mask);
  il_handle_signal(IL_HANG_SIGNAL, &action, &previous_hang);
}

IL_UNINSTRUMENTED_END
