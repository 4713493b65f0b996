// Iterations that a step has done beside each other, and waits for: each is a block of the run.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "blocks.h"
#include "../Carriers/carriers.h"
#include "../Environment/environment.h"

IL_UNINSTRUMENTED_BEGIN

#if defined(IL_HAS_CARRIERS)

// How many are in progress at most, as if by so many cores: whoever is done takes the next one.
enum { BESIDE = 64 };

typedef struct {
  void *block;
  size_t count, next;
} all_iterations;

typedef struct {
  all_iterations *all;
  size_t first;
  il_turn done;
} iteration;

static void iterate(void *pointer) {
  const iteration *i = pointer;
  const il_block *block = i->all->block;
  void (*invoke)(void *, size_t) = (void (*)(void *, size_t))block->invoke;
  for (size_t n = i->first; n < i->all->count; n = i->all->next++) invoke(i->all->block, n);
}

// The overlay for Swift calls the program's block by one of its own.
static const void *code_of_iterations(const void *block, const void *site) {
  const void *code = il_code_of_block(block);
  if (il_is_overlay(code)) code = il_code_of_block(((const il_block *)block)->inner);
  return il_code_at(code) == IL_CODE_PROGRAM ? code : site;
}

static bool does_inside(size_t count, void *queue, void *block, void *caller, void **frame) {
  il_session *s = il_inside();
  const void *site = s && count ? il_controlled_call(s, caller, frame) : NULL;
  if (LIKELY(!site)) return false;
  static void *(*global)(intptr_t, uintptr_t);
  if (UNLIKELY(!global)) *(void **)&global = il_next_symbol("dispatch_get_global_queue");
  il_lane *lane = il_lane_of(s, queue ? queue : global(0, 0));
  if (!lane) return false;
  il_reach(s, IL_POINT_SUBMIT, lane->queue, site, IL_WANTS_NOTHING);
  size_t beside = count < BESIDE ? count : BESIDE;
  all_iterations all = {.block = block, .count = count, .next = beside};
  iteration iterations[BESIDE];
  const void *code = code_of_iterations(block, site);
  for (size_t n = 0; n < beside; n++) {
    iterations[n] = (iteration){.all = &all, .first = n, .done = {.lane = lane}};
    il_block_job *b = il_make_block(s, (il_block_making){
        .lane = lane, .context = &iterations[n], .work = iterate, .code = code, .site = site,
        .kind = IL_BLOCK_ITERATION, .number = (unsigned)n + 1});
    b->done = &iterations[n].done;
    il_block_waits(s, b);
  }
  for (size_t n = 0; n < beside; n++) il_turn_await(s, &iterations[n].done, site);
  return true;
}

#else
static bool does_inside(size_t count, void *queue, void *block, void *caller, void **frame) {
  (void)count, (void)queue, (void)block, (void)caller, (void)frame;
  return false;
}
#endif

void dispatch_apply(size_t iterations, void *queue, void *block) {
  void *caller = IL_CALLER();
  IL_REAL(dispatch_apply, void (*)(size_t, void *, void *));
  if (UNLIKELY(il_current != NULL)) {
    if (does_inside(iterations, queue, block, caller, __builtin_frame_address(0))) return;
    // The step waits for it.
    il_note_escape(il_current, IL_ESCAPE_DISPATCH, caller);
  }
  original(iterations, queue, block);
}

IL_UNINSTRUMENTED_END
