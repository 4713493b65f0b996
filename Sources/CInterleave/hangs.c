// A step does not return: which of its calls does not.
//
// The thread is looked at several times, for a while of its processor time. What is told are
// the calls that were there all the time: those that led into a loop, and the function that it
// is in, but not what that calls, however long it spends there.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "containment.h"

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
  while (n < stop->circle_count && stop->circle[n] != start) n++;
  if (n == stop->circle_count && n < IL_STOP_CIRCLE) stop->circle[stop->circle_count++] = start;
}

// What was seen as call `n` is there still, as far as can be seen. The parts of an asynchronous
// function that call one another as their last act have one place on the stack.
static bool is_there_still(il_guard *g, size_t n, const il_stop *now) {
  uintptr_t place = g->stop.frames[n], end = g->stop.ends[n];
  size_t k = find_call(now, end);
  if (k == now->frame_count)
    // Further out than what is kept of a deep stack.
    return now->frame_count == IL_STOP_FRAMES && end > now->ends[now->frame_count - 2];
  if (now->frames[k] == place || il_function_start(now->frames[k]) == il_function_start(place))
    return true;
  g->circle_end = end;
  g->stop.circle_count = 0;
  note_part(&g->stop, place);
  return false;
}

// Keeps the calls that have not returned since, nor called others in their place.
static void keep_lasting(il_guard *g, const il_stop *now) {
  il_stop *stop = &g->stop;
  size_t first = stop->frame_count - 1;
  while (first > 0 && stop->ends[first - 1] > g->returned && is_there_still(g, first - 1, now))
    first--;
  stop->frame_count -= first;
  memmove(stop->frames, stop->frames + first, stop->frame_count * sizeof *stop->frames);
  memmove(stop->ends, stop->ends + first, stop->frame_count * sizeof *stop->ends);
  if (g->circle_end <= g->returned) g->circle_end = stop->circle_count = 0;
  size_t part = g->circle_end ? find_call(now, g->circle_end) : now->frame_count;
  if (part < now->frame_count) note_part(stop, now->frames[part]);
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
  g->returned = g->circle_end = 0;
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
  il_note_calls(&stop, il_program_counter(context), context, 0);
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
