// Which instructions of the program are watched, and what happens when somebody comes by.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sites.h"
#include "imports.h"
#include "jumps.h"

#if defined(__linux__) && defined(__x86_64__)
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#endif

IL_UNINSTRUMENTED_BEGIN

#if defined(__linux__) && defined(__x86_64__)

il_site *il_sites;
size_t il_site_count;
il_image *il_images;

// MARK: - Preparation

// Finds room for stubs that is near enough for distances in them.
static uint8_t *make_room(size_t size) {
  for (uintptr_t gap = 1ul << 20; gap < 1ul << 30; gap *= 2) {
    uintptr_t place = (il_images->end + gap) & ~4095ul;
    void *room = mmap((void *)place, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (room == (void *)place) return room;
    if (room != MAP_FAILED) munmap(room, size);
  }
  return NULL;
}

static int by_address(const void *a, const void *b) {
  uintptr_t x = ((const il_site *)a)->at, y = ((const il_site *)b)->at;
  return x < y ? -1 : x > y;
}

static bool is_as_in_file(const il_function *f, size_t at, size_t length) {
  return !memcmp((const void *)(f->start + at), f->code + at, length);
}

bool il_is_of_library(const char *name) {
  return begins_with(name, "$s15Synchronization") || begins_with(name, "$s7Atomics") ||
         begins_with(name, "$ss") || begins_with(name, "$sS");
}

static bool add_site(const il_function *f, size_t at, const il_instruction *instruction) {
  static size_t capacity;
  if (il_site_count == capacity) {
    capacity = capacity * 2 + 256;
    il_site *more = realloc(il_sites, capacity * sizeof *il_sites);
    if (!more) return false;
    il_sites = more;
  }
  il_sites[il_site_count++] = (il_site){
      .at = f->start + at, .function = f, .code = f->code + at, .instruction = *instruction,
      .is_entry = !at && f->is_watched,
      // What has no name may be no code at all.
      .is_atomic = instruction->is_atomic && !instruction->is_elsewhere && *f->name,
      .is_librarys = il_is_of_library(f->name)};
  return true;
}

// Adds what is watched of a function. Returns false if it cannot be.
static bool add_sites(il_image *image, il_function *f) {
  size_t before = il_site_count;
  il_instruction instruction;
  if (f->is_own || (f > image->functions && f->start == f[-1].start && f[-1].is_watched)) return true;
  if (f->is_watched && (!f->size || !il_decode(f->code, f->size, &instruction))) return false;
  bool has_atomics = f->is_watched && *f->name && il_may_have_atomics(f);
  for (size_t at = 0; at < f->size && (has_atomics || (!at && f->is_watched));
       at += instruction.length) {
    if (!il_decode(f->code + at, f->size - at, &instruction)) break;
    if (!(instruction.is_atomic && *f->name) && !(!at && f->is_watched)) continue;
    if (!is_as_in_file(f, at, instruction.length) || !add_site(f, at, &instruction)) return !!at;
  }
  if (il_site_count == before) return true;
  if (!image->first_page) image->first_page = f->start & ~4095ul;
  // What is written may go over the end of a page.
  uintptr_t last = (f->start + f->size + 5) & ~4095ul;
  if (last > image->last_page) image->last_page = last;
  return true;
}

// Why there are no sites; NULL where there are.
static const char *obstacle;

static void write_stubs(void) {
  qsort(il_sites, il_site_count, sizeof *il_sites, by_address);
  size_t size = il_site_count * IL_STUB_SIZE;
  uint8_t *stubs = make_room(size);
  for (size_t n = 0; n < il_site_count && stubs; n++) {
    il_sites[n].stub = stubs + n * IL_STUB_SIZE;
    if (!il_write_site_stub(&il_sites[n], (uint32_t)n)) stubs = NULL;
  }
  if (!stubs) obstacle = "an instruction of the program cannot be run anywhere else";
  else if (!il_plan_jumps(il_sites, il_site_count) || mprotect(stubs, size, PROT_READ | PROT_EXEC))
    obstacle = "the system does not let code be made (mmap, mprotect)";
}

static void find_sites(void) {
  // This one is full of atomic instructions.
  if (il_has_address_sanitizer())
    obstacle = "a sanitizer has changed the program's atomic instructions";
  if (!obstacle) obstacle = il_stubs_obstacle();
  if (obstacle) return;
  // There, only calls of the sanitizer's own are watched.
  bool is_sanitized = il_has_thread_sanitizer();
  if (!il_find_functions(&il_images, !is_sanitized) ||
      !(is_sanitized || il_find_imports(il_images))) {
    obstacle = "the program's functions cannot be told apart: it has no symbols";
    return;
  }
  if (is_sanitized) {
    obstacle = il_add_sanitized_sites();
    if (!obstacle) write_stubs();
    for (size_t n = 0; n < il_site_count && !obstacle; n++)
      if (!il_sites[n].is_jump) obstacle = "there is no room for jumps beside the thread sanitizer";
    return;
  }
  il_watch_deinits(il_images);
  for (il_image *image = il_images; image && !obstacle; image = image->next)
    for (size_t i = 0; i < image->count && !obstacle; i++)
      if (!add_sites(image, &image->functions[i]))
        obstacle = "a function of the program cannot be read";
  if (!obstacle && il_site_count) write_stubs();
}

const char *il_sites_obstacle(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, find_sites);
  return obstacle;
}

// MARK: - Who comes by

static void note_entry(il_session *s, const il_site *site, uintptr_t caller) {
  if (!s->notes_unseen || s->unseen.kind != IL_UNSEEN_NOTHING) return;
  // What our own code does with a lock of its own is no program's doing.
  const il_function *from = il_function_at(il_images, caller), *entered = site->function;
  if (from && from->is_own) return;
  s->unseen = (il_unseen){.kind = entered->is_deinit   ? IL_UNSEEN_DEINIT
                                  : entered->is_beside ? IL_UNSEEN_BESIDE
                                                       : IL_UNSEEN_ATOMICS,
                          .place = entered->start, .function = entered->start};
  s->heeds_entries = false;
}

static _Atomic(il_atomic_hook) atomic_hook;

static uint64_t register_of(const il_site *site, const il_registers *registers) {
  uint8_t operands = site->code[site->instruction.operands_at];
  return registers->numbered[(operands >> 3 & 7) | (site->instruction.extension & 4) << 1];
}

// Where the program called what a library has every unit compile; NULL if it was no program.
const void *il_caller_of_library(const il_site *site, const il_registers *registers) {
  enum { DEEPEST = 6, LARGEST = 1 << 20 };
  const uintptr_t *frame = (const uintptr_t *)registers->numbered[IL_RBP];
  uintptr_t below = registers->numbered[IL_RSP];
  for (int depth = 0; depth < DEEPEST; depth++) {
    if ((uintptr_t)frame % sizeof *frame || (uintptr_t)frame - below > LARGEST) break;
    const il_function *from = il_function_at(il_images, frame[1]);
    if (!from || from->is_own) return NULL;
    if (!il_is_of_library(from->name)) return (const void *)frame[1];
    below = (uintptr_t)frame;
    frame = (const uintptr_t *)frame[0];
  }
  return (const void *)(site->at + site->instruction.length);
}

static void tell_atomic(il_session *s, const il_site *site, const il_registers *registers) {
  il_atomic_hook hook = il_atomics_hook();
  if (site->is_call) {
    il_atomic called;
    if (!il_sanitized_probed(s) && hook && il_sanitized_atomic(site, registers, &called))
      hook(s, &called);
    return;
  }
  const void *place = (const void *)(site->at + site->instruction.length);
  if (site->is_librarys) place = il_caller_of_library(site, registers);
  if (!hook || !place) return;
  il_atomic atomic = {.word = il_word_of(site, registers), .place = place,
                      .width = site->instruction.width, .compares = site->instruction.compares};
  if (atomic.compares) {
    atomic.expected = registers->numbered[IL_RAX];
    atomic.desired = register_of(site, registers);
  }
  hook(s, &atomic);
}

void il_site_reached(uint32_t site_and_kind, const il_registers *registers) {
  const il_site *site = &il_sites[site_and_kind >> 1];
  il_session *s = il_current;
  if (site_and_kind & 1) tell_atomic(s, site, registers);
  else note_entry(s, site, *(const uintptr_t *)registers->numbered[IL_RSP]);
}

il_atomic_hook il_atomics_hook(void) {
  return atomic_load_explicit(&atomic_hook, memory_order_acquire);
}

void il_hook_atomics(il_atomic_hook hook) {
  atomic_store_explicit(&atomic_hook, hook, memory_order_release);
}

// MARK: - Where code was moved from

static greg_t *program_counter(void *context) {
  return &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
}

uintptr_t il_unmove(void *context) {
  greg_t *counter = program_counter(context);
  uintptr_t place = (uintptr_t)*counter, first = il_site_count ? (uintptr_t)il_sites[0].stub : 0;
  if (first && place - first < il_site_count * IL_STUB_SIZE)
    *counter = (greg_t)il_sites[(place - first) / IL_STUB_SIZE].at;
  return place;
}

void il_move_back(void *context, uintptr_t place) { *program_counter(context) = (greg_t)place; }
#else
uintptr_t il_unmove(void *context) {
  (void)context;
  return 0;
}
void il_move_back(void *context, uintptr_t place) { (void)context, (void)place; }
#endif

IL_UNINSTRUMENTED_END
