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
} state;

typedef struct {
  il_counted_run run;
  // The steps of each chain, one chain after the other, and where each chain begins.
  int32_t *order, *begin;
  // The place of each step in its chain, and the last step that was in its mailbox before it.
  int32_t *place, *ahead;
  // How many steps of each chain happen before each step.
  int32_t *clocks;
  // How many steps of each chain have run, and what a step of each adds to a state's name.
  int32_t *counts;
  uint64_t *units;
  // The steps that could run.
  int32_t *enabled;
  int32_t enabled_count;
  int64_t work;
  state *level, *next;
  int32_t level_count, next_count;
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

static bool note_clocks(count *c) {
  int32_t chains = c->run.chain_count;
  // For each object, what happens before those that touched it in the first way, and in the second.
  int32_t *objects = calloc((size_t)c->run.object_count * 2 * chains, sizeof *objects);
  if (objects == NULL) return false;
  for (int32_t i = 0; i < c->run.step_count; i++) {
    const il_counted_step *step = &c->run.steps[i];
    int32_t *clock = c->clocks + (int64_t)i * chains;
    int32_t end = i + 1 < c->run.step_count ? step[1].touches : c->run.touch_count;
    join_step(c, clock, step->prior);
    join_step(c, clock, step->cause);
    if (c->place[i] > 0) join_step(c, clock, c->order[c->begin[step->chain] + c->place[i] - 1]);
    for (int32_t k = step->touches; k < end; k++) {
      const il_counted_touch *touch = &c->run.touches[k];
      int32_t *object = objects + (int64_t)touch->object * 2 * chains;
      // Who touched it in the same of the two ways leaves no trace here.
      if (touch->is_second) join(clock, object, chains);
      if (touch->is_first) join(clock, object + chains, chains);
    }
    for (int32_t k = step->touches; k < end; k++) {
      const il_counted_touch *touch = &c->run.touches[k];
      int32_t *object = objects + (int64_t)touch->object * 2 * chains;
      for (int32_t way = 0; way < 2; way++) {
        if (!(way == 0 ? touch->is_first : touch->is_second)) continue;
        join(object + way * chains, clock, chains);
        if (object[way * chains + step->chain] <= c->place[i])
          object[way * chains + step->chain] = c->place[i] + 1;
      }
    }
  }
  free(objects);
  return true;
}

// MARK: What can run

static bool can_run(const count *c, int32_t step) {
  const il_counted_step *s = &c->run.steps[step];
  return has_run(c, s->prior) && has_run(c, s->cause) && has_run(c, c->ahead[step]);
}

// Lists what could run once as many steps of each chain have: timers where nothing else can.
static void list_enabled(count *c) {
  for (int timers = 0; timers < 2; timers++) {
    c->enabled_count = 0;
    for (int32_t chain = 0; chain < c->run.chain_count; chain++) {
      for (int32_t k = c->counts[chain]; k < length(c, chain); k++) {
        int32_t step = c->order[c->begin[chain] + k];
        c->work++;
        if (c->run.steps[step].is_timer == timers && can_run(c, step))
          c->enabled[c->enabled_count++] = step;
      }
    }
    if (c->enabled_count > 0) return;
  }
}

// How likely a step is drawn among those whose code is drawn first.
static double part_by_place(const count *c, int32_t step) {
  uint64_t code = c->run.steps[step].code;
  int32_t places = 0, equals = 0;
  for (int32_t k = 0; k < c->enabled_count; k++) {
    uint64_t other = c->run.steps[c->enabled[k]].code;
    bool is_new = true;
    for (int32_t before = 0; before < k && is_new; before++)
      is_new = c->run.steps[c->enabled[before]].code != other;
    places += is_new;
    equals += other == code;
  }
  return equals > 0 ? 1.0 / places / equals : 0;
}

// Where they differ from what could run in the run, something else decides that.
static bool agrees(count *c) {
  memset(c->counts, 0, c->run.chain_count * sizeof *c->counts);
  for (int32_t i = 0; i < c->run.step_count; i++) {
    list_enabled(c);
    if (c->enabled_count != c->run.steps[i].enabled) return false;
    c->counts[c->run.steps[i].chain]++;
  }
  return true;
}

// MARK: The sum

static state *state_named(count *c, uint64_t name) {
  uint64_t slot = (name * 0x9E3779B97F4A7C15u) >> 40;
  while (true) {
    int32_t *index = &c->table[slot++ % table_size];
    if (*index == 0) {
      if (c->next_count == most_states) return NULL;
      c->next[c->next_count++] = (state){name, {0, 0}};
      *index = c->next_count;
    }
    if (c->next[*index - 1].name == name) return &c->next[*index - 1];
  }
}

// Goes on from a state by each step that can be next.
static bool go_on(count *c, state from) {
  for (int32_t chain = 0; chain < c->run.chain_count; chain++)
    c->counts[chain] = (int32_t)(from.name / c->units[chain] % (uint64_t)(length(c, chain) + 1));
  list_enabled(c);
  for (int32_t chain = 0; chain < c->run.chain_count; chain++) {
    if (c->counts[chain] == length(c, chain)) continue;
    int32_t step = c->order[c->begin[chain] + c->counts[chain]];
    const int32_t *clock = c->clocks + (int64_t)step * c->run.chain_count;
    bool is_next = true;
    for (int32_t k = 0; k < c->run.chain_count && is_next; k++) is_next = clock[k] <= c->counts[k];
    if (!is_next) continue;
    state *to = state_named(c, from.name + c->units[chain]);
    if (to == NULL) return false;
    to->parts[0] += from.parts[0] / c->enabled_count;
    to->parts[1] += from.parts[1] * part_by_place(c, step);
  }
  return true;
}

// Products of many small numbers would come to nothing.
static void make_larger(count *c, int walk) {
  double most = 0;
  for (int32_t k = 0; k < c->next_count; k++)
    if (c->next[k].parts[walk] > most) most = c->next[k].parts[walk];
  if (most >= 0x1p-512) return;
  c->scales[walk]++;
  for (int32_t k = 0; k < c->next_count; k++) c->next[k].parts[walk] *= 0x1p512;
}

static il_odds_of_walks sum(count *c) {
  c->level[0] = (state){0, {1, 1}};
  c->level_count = 1;
  for (int32_t i = 0; i < c->run.step_count; i++) {
    c->next_count = 0;
    memset(c->table, 0, table_size * sizeof *c->table);
    for (int32_t k = 0; k < c->level_count; k++)
      if (c->work > most_work || !go_on(c, c->level[k])) return (il_odds_of_walks){{0, 0}, {0, 0}};
    for (int walk = 0; walk < 2; walk++) make_larger(c, walk);
    state *level = c->level;
    c->level = c->next;
    c->next = level;
    c->level_count = c->next_count;
  }
  return (il_odds_of_walks){
    .uniform = {c->level[0].parts[0], c->scales[0]},
    .by_place = {c->level[0].parts[1], c->scales[1]},
  };
}

static bool prepare(count *c) {
  int32_t chains = c->run.chain_count;
  for (int32_t i = 0; i < c->run.step_count; i++) c->begin[c->run.steps[i].chain + 1]++;
  uint64_t states = 1;
  for (int32_t chain = 0; chain < chains; chain++) {
    c->units[chain] = states;
    if (__builtin_mul_overflow(states, (uint64_t)c->begin[chain + 1] + 1, &states)) return false;
    c->begin[chain + 1] += c->begin[chain];
  }
  list_chains(c);
  return note_clocks(c) && agrees(c);
}

il_odds_of_walks il_odds_of_run(il_counted_run run) {
  size_t steps = run.step_count, chains = run.chain_count;
  int32_t *numbers = calloc(4 * steps + steps * chains + 2 * chains + 1 + table_size, sizeof *numbers);
  uint64_t *units = calloc(chains, sizeof *units);
  state *states = calloc(2 * most_states, sizeof *states);
  il_odds_of_walks odds = {{0, 0}, {0, 0}};
  if (numbers != NULL && units != NULL && states != NULL) {
    count c = {.run = run, .units = units};
    c.order = numbers;
    c.place = c.order + steps;
    c.ahead = c.place + steps;
    c.enabled = c.ahead + steps;
    c.clocks = c.enabled + steps;
    c.counts = c.clocks + steps * chains;
    c.begin = c.counts + chains;
    c.table = c.begin + chains + 1;
    c.level = states;
    c.next = states + most_states;
    if (prepare(&c)) odds = sum(&c);
  }
  free(numbers);
  free(units);
  free(states);
  return odds;
}
