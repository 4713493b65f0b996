#include "Counting.h"

#include <stdlib.h>
#include <string.h>

// So many steps are looked at in all, each for whether it could run.
static const int64_t most_work = 1 << 18;
// So many states, of as many steps that have run, are kept.
enum { most_states = 1 << 11, table_size = most_states * 4 };

// A part of the run that can come first: how many steps of each chain have run, as one number.
typedef struct {
  uint64_t name;
  // How likely each of the two walks comes to it.
  double parts[2];
  // Where it is in the table.
  int32_t slot;
} state;

// The states of as many steps that have run, and for each the set of the steps that could run next.
typedef struct {
  state *states;
  uint64_t *enabled;
  int32_t count;
} level;

typedef struct {
  il_counted_run run;
  // How many words a set of steps has.
  int32_t words;
  // The steps of each chain, one chain after the other, and where each chain begins.
  int32_t *order, *begin;
  // The place of each step in its chain, and the last step that was in its mailbox before it.
  int32_t *place, *ahead;
  // Who waits for each step, as three times that step and why: a list, -1 at its end.
  int32_t *first_waiting, *next_waiting;
  // How many steps of each chain happen before each step.
  int32_t *clocks;
  // For each object, what happens before those that touched it in the first way, and in the second.
  int32_t *objects;
  // How many steps of each chain have run, and what a step of each adds to a state's name.
  int32_t *counts;
  uint64_t *units;
  // The steps that are timers, and those of each code; the number of each step's code, and the first
  // step of each.
  uint64_t *timers, *codes;
  int32_t *code_of, *first_of_code, code_count;
  // The steps that could run, all of them timers or none, how many there are, and how many codes
  // they have.
  uint64_t *choice;
  int32_t choice_count, choice_codes;
  // Some steps are the rest of one.
  bool has_rests;
  int64_t work;
  level now, next;
  // How often the parts of each walk were made larger.
  int32_t scales[2];
  // The places of states of the next level, from 1 up.
  int32_t *table;
} count;

static int32_t length(const count *c, int32_t chain) {
  return c->begin[chain + 1] - c->begin[chain];
}

static bool has_run(const count *c, int32_t step) {
  return step < 0 || c->place[step] < c->counts[c->run.steps[step].chain];
}

static bool have_common(const count *c, const uint64_t *set, const uint64_t *other) {
  for (int32_t k = 0; k < c->words; k++)
    if (set[k] & other[k]) return true;
  return false;
}

static void include(uint64_t *set, int32_t step) { set[step / 64] |= 1ull << step % 64; }

static int32_t size_of_both(const count *c, const uint64_t *set, const uint64_t *other) {
  int32_t size = 0;
  for (int32_t k = 0; k < c->words; k++) size += __builtin_popcountll(set[k] & other[k]);
  return size;
}

// MARK: What depends on what

static void list_chains(count *c) {
  for (int32_t i = 0; i < c->run.step_count; i++) {
    const il_counted_step *step = &c->run.steps[i];
    int32_t *end = &c->counts[step->chain];
    c->place[i] = *end;
    c->order[c->begin[step->chain] + *end] = i;
    c->ahead[i] = -1;
    for (int32_t k = *end - 1; step->is_queued && k >= 0 && c->ahead[i] < 0; k--) {
      int32_t other = c->order[c->begin[step->chain] + k];
      if (c->run.steps[other].latest < step->earliest) c->ahead[i] = other;
    }
    *end += 1;
  }
}

static void join(int32_t *clock, const int32_t *other, int32_t chains) {
  for (int32_t k = 0; k < chains; k++)
    if (clock[k] < other[k]) clock[k] = other[k];
}

static void join_step(const count *c, int32_t *clock, int32_t step) {
  if (step < 0) return;
  int32_t chain = c->run.steps[step].chain;
  join(clock, c->clocks + (int64_t)step * c->run.chain_count, c->run.chain_count);
  if (clock[chain] <= c->place[step]) clock[chain] = c->place[step] + 1;
}

static void note_clocks(count *c) {
  int32_t chains = c->run.chain_count;
  for (int32_t i = 0; i < c->run.step_count; i++) {
    const il_counted_step *step = &c->run.steps[i];
    int32_t *clock = c->clocks + (int64_t)i * chains;
    int32_t end = i + 1 < c->run.step_count ? step[1].touches : c->run.touch_count;
    join_step(c, clock, step->prior);
    join_step(c, clock, step->cause);
    if (c->place[i] > 0) join_step(c, clock, c->order[c->begin[step->chain] + c->place[i] - 1]);
    for (int32_t k = step->touches; k < end; k++) {
      const il_counted_touch *touch = &c->run.touches[k];
      int32_t *object = c->objects + (int64_t)touch->object * 2 * chains;
      // Who touched it in the same of the two ways leaves no trace here.
      if (touch->is_second) join(clock, object, chains);
      if (touch->is_first) join(clock, object + chains, chains);
    }
    for (int32_t k = step->touches; k < end; k++) {
      const il_counted_touch *touch = &c->run.touches[k];
      int32_t *object = c->objects + (int64_t)touch->object * 2 * chains;
      for (int32_t way = 0; way < 2; way++) {
        if (!(way == 0 ? touch->is_first : touch->is_second)) continue;
        join(object + way * chains, clock, chains);
        if (object[way * chains + step->chain] <= c->place[i])
          object[way * chains + step->chain] = c->place[i] + 1;
      }
    }
  }
}

// MARK: What can run

// Another task holds the lock that a step is to take.
static bool waits_for_lock(const count *c, const il_counted_step *step) {
  for (int32_t k = 0; step->wants > 0 && k < c->run.hold_count; k++) {
    const il_counted_hold *hold = &c->run.holds[k];
    if (hold->lock != step->wants || c->run.steps[hold->from].task == step->task) continue;
    if (has_run(c, hold->from) && (hold->until < 0 || !has_run(c, hold->until))) return true;
  }
  return false;
}

// The mailbox that a step is in belongs to a step that has not come to its end.
static bool waits_for_mailbox(const count *c, const il_counted_step *step) {
  int32_t place = c->counts[step->chain];
  if (step->is_rest || !step->is_queued || place == 0) return false;
  return c->run.steps[c->order[c->begin[step->chain] + place - 1]].is_parked;
}

// What it waited for has come, but it has to let others go on first.
static bool is_kept_out(const count *c, int32_t step) {
  const il_counted_step *s = &c->run.steps[step];
  return c->has_rests && (waits_for_lock(c, s) || waits_for_mailbox(c, s));
}

static bool can_run(const count *c, int32_t step) {
  const il_counted_step *s = &c->run.steps[step];
  return has_run(c, s->prior) && has_run(c, s->cause) && has_run(c, c->ahead[step]);
}

static void list_waiting(count *c) {
  for (int32_t i = 0; i < c->run.step_count; i++) c->first_waiting[i] = -1;
  for (int32_t i = 0; i < c->run.step_count; i++) {
    const int32_t awaited[3] = {c->run.steps[i].prior, c->run.steps[i].cause, c->ahead[i]};
    for (int32_t k = 0; k < 3; k++) {
      if (awaited[k] < 0) continue;
      c->next_waiting[3 * i + k] = c->first_waiting[awaited[k]];
      c->first_waiting[awaited[k]] = 3 * i + k;
    }
  }
}

// Tells apart the steps of each code.
static void sort_codes(count *c) {
  for (int32_t i = 0; i < c->run.step_count; i++) {
    int32_t code = 0;
    uint64_t own = c->run.steps[i].code;
    while (code < c->code_count && c->run.steps[c->first_of_code[code]].code != own) code++;
    if (code == c->code_count) c->first_of_code[c->code_count++] = i;
    c->code_of[i] = code;
    include(c->codes + (int64_t)code * c->words, i);
    if (c->run.steps[i].is_timer) include(c->timers, i);
  }
}

// Lists what could run before any step has.
static void begin_enabled(const count *c, uint64_t *enabled) {
  memset(enabled, 0, c->words * sizeof *enabled);
  for (int32_t i = 0; i < c->run.step_count; i++)
    if (can_run(c, i)) include(enabled, i);
}

// Takes account of a step that has run: whoever waited for it alone could run now.
static void go_past(const count *c, uint64_t *enabled, int32_t step) {
  enabled[step / 64] &= ~(1ull << step % 64);
  for (int32_t k = c->first_waiting[step]; k >= 0; k = c->next_waiting[k])
    if (can_run(c, k / 3)) include(enabled, k / 3);
}

static void leave_out_kept(count *c) {
  for (int32_t k = 0; k < c->words; k++) {
    for (uint64_t left = c->choice[k]; left; left &= left - 1) {
      int32_t step = 64 * k + __builtin_ctzll(left);
      if (is_kept_out(c, step)) c->choice[k] &= ~(1ull << step % 64);
    }
  }
}

// Of the steps that could run, timers can be chosen where there is nothing else.
//
// What is counted as work is what it takes to ask each step that has not run.
static void choose(count *c, const uint64_t *enabled, int32_t left) {
  c->choice_count = c->choice_codes = 0;
  for (int timers = 0; timers < 2 && c->choice_count == 0; timers++) {
    for (int32_t k = 0; k < c->words; k++) {
      c->choice[k] = enabled[k] & (timers ? c->timers[k] : ~c->timers[k]);
    }
    if (c->has_rests) leave_out_kept(c);
    c->choice_count = size_of_both(c, c->choice, c->choice);
    c->work += left;
  }
  for (int32_t code = 0; code < c->code_count; code++)
    c->choice_codes += have_common(c, c->choice, c->codes + (int64_t)code * c->words);
}

// How likely a step is drawn among those whose code is drawn first.
static double part_by_place(const count *c, int32_t code) {
  int32_t equals = size_of_both(c, c->choice, c->codes + (int64_t)code * c->words);
  return equals > 0 ? 1.0 / c->choice_codes / equals : 0;
}

// Where they differ from what could run in the run, something else decides that.
static bool agrees(count *c) {
  memset(c->counts, 0, c->run.chain_count * sizeof *c->counts);
  uint64_t *enabled = c->now.enabled;
  begin_enabled(c, enabled);
  for (int32_t i = 0; i < c->run.step_count; i++) {
    choose(c, enabled, c->run.step_count - i);
    if (c->choice_count != c->run.steps[i].enabled) return false;
    c->counts[c->run.steps[i].chain]++;
    go_past(c, enabled, i);
  }
  return true;
}

// MARK: The sum

// The state of the next level with a name, to which a step leads from one where these could run.
static state *state_named(count *c, uint64_t name, const uint64_t *enabled, int32_t step) {
  uint64_t slot = (name * 0x9E3779B97F4A7C15u) >> 40;
  while (true) {
    int32_t *index = &c->table[slot++ % table_size];
    if (*index == 0) {
      if (c->next.count == most_states) return NULL;
      int32_t new = c->next.count++;
      c->next.states[new] = (state){name, {0, 0}, (int32_t)((slot - 1) % table_size)};
      *index = new + 1;
      uint64_t *own = c->next.enabled + (int64_t)new * c->words;
      int32_t chain = c->run.steps[step].chain;
      memcpy(own, enabled, c->words * sizeof *own);
      c->counts[chain]++;
      go_past(c, own, step);
      c->counts[chain]--;
    }
    state *found = &c->next.states[*index - 1];
    if (found->name == name) return found;
  }
}

// Goes on from a state, after so many steps, by each step that can be next.
static bool go_on(count *c, int32_t place, int32_t left) {
  state from = c->now.states[place];
  const uint64_t *enabled = c->now.enabled + (int64_t)place * c->words;
  for (int32_t chain = 0; chain < c->run.chain_count; chain++)
    c->counts[chain] = (int32_t)(from.name / c->units[chain] % (uint64_t)(length(c, chain) + 1));
  choose(c, enabled, left);
  for (int32_t chain = 0; chain < c->run.chain_count; chain++) {
    if (c->counts[chain] == length(c, chain)) continue;
    int32_t step = c->order[c->begin[chain] + c->counts[chain]];
    const int32_t *clock = c->clocks + (int64_t)step * c->run.chain_count;
    bool is_next = true;
    for (int32_t k = 0; k < c->run.chain_count && is_next; k++) is_next = clock[k] <= c->counts[k];
    if (!is_next || is_kept_out(c, step)) continue;
    state *to = state_named(c, from.name + c->units[chain], enabled, step);
    if (to == NULL) return false;
    to->parts[0] += from.parts[0] / c->choice_count;
    to->parts[1] += from.parts[1] * part_by_place(c, c->code_of[step]);
  }
  return true;
}

// Products of many small numbers would come to nothing.
static void make_larger(count *c, int walk) {
  double most = 0;
  for (int32_t k = 0; k < c->next.count; k++)
    if (c->next.states[k].parts[walk] > most) most = c->next.states[k].parts[walk];
  if (most >= 0x1p-512) return;
  c->scales[walk]++;
  for (int32_t k = 0; k < c->next.count; k++) c->next.states[k].parts[walk] *= 0x1p512;
}

// The table is as empty again as it was before the next level.
static void empty_table(count *c) {
  for (int32_t k = 0; k < c->next.count; k++) c->table[c->next.states[k].slot] = 0;
}

static il_odds_of_walks sum(count *c) {
  c->now.states[0] = (state){0, {1, 1}, 0};
  c->now.count = 1;
  memset(c->counts, 0, c->run.chain_count * sizeof *c->counts);
  begin_enabled(c, c->now.enabled);
  for (int32_t i = 0; i < c->run.step_count; i++) {
    c->next.count = 0;
    for (int32_t k = 0; k < c->now.count; k++) {
      if (c->work <= most_work && go_on(c, k, c->run.step_count - i)) continue;
      empty_table(c);
      return (il_odds_of_walks){{0, 0}, {0, 0}};
    }
    for (int walk = 0; walk < 2; walk++) make_larger(c, walk);
    empty_table(c);
    level now = c->now;
    c->now = c->next;
    c->next = now;
  }
  return (il_odds_of_walks){
    .uniform = {c->now.states[0].parts[0], c->scales[0]},
    .by_place = {c->now.states[0].parts[1], c->scales[1]},
  };
}

static bool prepare(count *c) {
  int32_t chains = c->run.chain_count;
  for (int32_t i = 0; i < c->run.step_count; i++) {
    c->begin[c->run.steps[i].chain + 1]++;
    c->has_rests |= c->run.steps[i].is_rest;
  }
  uint64_t states = 1;
  for (int32_t chain = 0; chain < chains; chain++) {
    c->units[chain] = states;
    if (__builtin_mul_overflow(states, (uint64_t)c->begin[chain + 1] + 1, &states)) return false;
    c->begin[chain + 1] += c->begin[chain];
  }
  list_chains(c);
  list_waiting(c);
  sort_codes(c);
  note_clocks(c);
  return agrees(c);
}

// MARK: Memory

// Takes so many bytes; where there is no memory yet, only counts them.
static void *take(const il_odds_memory *memory, size_t *taken, size_t size, size_t count) {
  void *place = memory->bytes == NULL ? NULL : (char *)memory->bytes + *taken;
  *taken += (size * count + 15) / 16 * 16;
  return place;
}

// Lays out all that is needed.
//
// - Returns: How many bytes that is.
static size_t lay_out(count *c, const il_odds_memory *memory) {
  size_t steps = c->run.step_count, chains = c->run.chain_count, words = c->words, taken = 0;
#define TAKE(what, size) what = take(memory, &taken, sizeof *(what), size)
  c->table = memory->table;
  // What has to be zero at first.
  TAKE(c->counts, chains);
  TAKE(c->begin, chains + 1);
  TAKE(c->clocks, steps * chains);
  TAKE(c->objects, (size_t)c->run.object_count * 2 * chains);
  TAKE(c->timers, words);
  TAKE(c->codes, steps * words);
  if (memory->bytes != NULL) memset(memory->bytes, 0, taken);
  TAKE(c->units, chains);
  TAKE(c->order, steps);
  TAKE(c->place, steps);
  TAKE(c->ahead, steps);
  TAKE(c->first_waiting, steps);
  TAKE(c->next_waiting, 3 * steps);
  TAKE(c->code_of, steps);
  TAKE(c->first_of_code, steps);
  TAKE(c->choice, words);
  for (int k = 0; k < 2; k++) {
    level *level = k == 0 ? &c->now : &c->next;
    TAKE(level->states, most_states);
    TAKE(level->enabled, most_states * words);
  }
#undef TAKE
  return taken;
}

static bool make_room(il_odds_memory *memory, size_t size) {
  // It is large, and each run leaves it empty.
  if (memory->table == NULL) memory->table = calloc(table_size, sizeof(int32_t));
  if (memory->table == NULL) return false;
  if (memory->size >= size) return true;
  free(memory->bytes);
  memory->bytes = malloc(size);
  memory->size = memory->bytes == NULL ? 0 : size;
  return memory->bytes != NULL;
}

void il_odds_forget(il_odds_memory *memory) {
  free(memory->bytes);
  free(memory->table);
  *memory = (il_odds_memory){NULL, 0, NULL};
}

il_odds_of_walks il_odds_of_run(il_counted_run run, il_odds_memory *memory) {
  count c = {.run = run, .words = (run.step_count + 63) / 64};
  if (make_room(memory, lay_out(&c, &(il_odds_memory){NULL, 0, NULL}))) {
    lay_out(&c, memory);
    if (prepare(&c)) return sum(&c);
  }
  return (il_odds_of_walks){{0, 0}, {0, 0}};
}
