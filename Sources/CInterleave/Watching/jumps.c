// Where jumps go, and how they get there.
//
// A jump takes five bytes. Of an instruction that is shorter, only its own bytes are changed: those
// of the next one, which somebody may be about to run or jump to, become a part of the jump's
// distance. So the jump leads to a place that its last bytes tell, within two gigabytes; there,
// another one leads to the stub. Where that place is somebody else's, as in a large program whose
// own code is there, the instruction gets a breakpoint.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "jumps.h"

#if defined(__linux__) && defined(__x86_64__)
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

// MARK: - Places that jumps lead to

enum { JUMP = 5, FAR_JUMP = 14, PAGE = 4096, MOST_PAGES = 1 << 13, TRIES = 64 };

// A page of ours, and which of its bytes are in use. Each is found by its address.
typedef struct {
  uintptr_t page;
  uint8_t used[PAGE / 8];
} landing_page;

static landing_page *pages;
static size_t page_count;
// Where the last place was that was found by a jump's last byte.
static uintptr_t last_places[256];

static landing_page *page_at(uintptr_t address) {
  uintptr_t page = address & ~(PAGE - 1ul);
  for (size_t n = page / PAGE * 0x9E3779B1u & (MOST_PAGES - 1);; n = (n + 1) & (MOST_PAGES - 1)) {
    if (pages[n].page == page) return &pages[n];
    if (pages[n].page) continue;
    if (page_count >= MOST_PAGES / 2) return NULL;
    void *made = mmap((void *)page, PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (made != (void *)page) {
      if (made != MAP_FAILED) munmap(made, PAGE);
      return NULL;
    }
    page_count++;
    pages[n].page = page;
    return &pages[n];
  }
}

static bool is_used(uintptr_t byte) {
  const landing_page *page = page_at(byte);
  size_t at = byte % PAGE;
  return !page || page->used[at / 8] >> at % 8 & 1;
}

static bool claim(uintptr_t place) {
  if (place >> 47 || place < PAGE) return false;
  for (size_t n = 0; n < FAR_JUMP; n++) if (is_used(place + n)) return false;
  for (size_t n = 0; n < FAR_JUMP; n++) {
    size_t at = (place + n) % PAGE;
    page_at(place + n)->used[at / 8] |= (uint8_t)(1 << at % 8);
  }
  return true;
}

// Claims a place from `first` to `last`; 0 for none. A little is tried near the last one, and
// then in pages apart from each other.
static uintptr_t claim_between(uintptr_t first, uintptr_t last, uint8_t top) {
  uintptr_t place = last_places[top] + FAR_JUMP;
  if (last_places[top] && place >= first && place <= last && claim(place))
    return last_places[top] = place;
  uintptr_t step = (last - first) / TRIES;
  if (step > PAGE) step &= ~(PAGE - 1ul); else step = step > FAR_JUMP ? step : 1;
  place = first;
  for (unsigned n = 0; n < 4 * TRIES && place <= last; n++, place += step)
    if (claim(place)) return last_places[top] = place;
  return 0;
}

static bool seal_pages(void) {
  for (size_t n = 0; n < MOST_PAGES; n++)
    if (pages[n].page && mprotect((void *)pages[n].page, PAGE, PROT_READ | PROT_EXEC)) return false;
  return true;
}

// MARK: - What is put there

static bool jumps_straight(il_site *site) {
  int64_t distance = (int64_t)(uintptr_t)site->stub - (int64_t)(site->at + JUMP);
  int32_t kept = (int32_t)distance;
  if (site->instruction.length < JUMP || kept != distance) return false;
  memcpy(site->jump + 1, &kept, sizeof kept);
  return true;
}

static bool jumps_by_way(il_site *site, const uint8_t *next) {
  size_t free_bytes = site->instruction.length < JUMP ? site->instruction.length - 1u : JUMP - 1u;
  size_t kept_bytes = JUMP - 1 - free_bytes;
  // What is there must be what its file says.
  const uint8_t *behind = site->code + site->instruction.length;
  if (memcmp((const uint8_t *)site->at + site->instruction.length, behind, kept_bytes)) return false;
  uint32_t distance = 0;
  memcpy((uint8_t *)&distance + free_bytes, next, kept_bytes);
  uintptr_t first = site->at + JUMP + (uintptr_t)(intptr_t)(int32_t)distance;
  uintptr_t last = first + (free_bytes < 4 ? (1ul << 8 * free_bytes) - 1 : 0);
  uintptr_t place = claim_between(first, last, (uint8_t)(distance >> 24));
  if (!place) return false;
  distance = (uint32_t)(place - site->at - JUMP);
  memcpy(site->jump + 1, &distance, sizeof distance);
  memcpy((void *)place, "\xFF\x25\0\0\0\0", 6);
  memcpy((uint8_t *)place + 6, &site->stub, sizeof site->stub);
  return true;
}

// What follows the site's instruction once all is written; false where that changes from time to
// time.
static bool find_next(const il_site *site, const il_site *end, uint8_t *next) {
  uintptr_t begin = site->at + site->instruction.length;
  memcpy(next, site->code + site->instruction.length, JUMP - 1);
  for (const il_site *other = site + 1; other < end && other->at < site->at + JUMP; other++) {
    if (!other->is_jump) return false;
    for (size_t n = 0; n < JUMP && n < other->instruction.length; n++) {
      if (other->at + n - begin < JUMP - 1) next[other->at + n - begin] = other->jump[n];
    }
  }
  return true;
}

bool il_plan_jumps(il_site *sites, size_t count) {
  pages = calloc(MOST_PAGES, sizeof *pages);
  if (!pages) return false;
  for (size_t n = count; n-- > 0;) {
    il_site *site = &sites[n];
    uint8_t next[JUMP - 1];
    site->jump[0] = 0xE9;
    site->is_jump = jumps_straight(site) ||
                    (find_next(site, sites + count, next) && jumps_by_way(site, next));
    if (!site->is_jump) site->jump[0] = IL_BREAKPOINT;
  }
  bool is_sealed = seal_pages();
  free(pages);
  pages = NULL;
  return is_sealed;
}

// MARK: - Writing

bool il_allow_writing(const il_image *images, bool is_allowed) {
  int access = PROT_READ | PROT_EXEC | (is_allowed ? PROT_WRITE : 0);
  for (const il_image *image = images; image; image = image->next) {
    if (!image->first_page) continue;
    size_t size = image->last_page - image->first_page + PAGE;
    if (mprotect((void *)image->first_page, size, access)) return false;
  }
  return true;
}

// Once it returns, no processor runs what was there before.
static bool synchronize(void) {
  return !syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
}

static void write_byte(uintptr_t at, uint8_t byte) {
  __atomic_store_n((uint8_t *)at, byte, __ATOMIC_SEQ_CST);
}

// What is behind the first bytes of the instructions.
static void write_rest(const il_site *sites, size_t count, bool is_jump) {
  for (size_t n = 0; n < count; n++) {
    const il_site *site = &sites[n];
    const uint8_t *bytes = is_jump ? site->jump : site->code;
    for (size_t i = 1; site->is_jump && i < JUMP && i < site->instruction.length; i++)
      write_byte(site->at + i, bytes[i]);
  }
}

// What is no jump is a breakpoint, as its first byte says.
static bool is_written(const il_site *site) { return site->is_jump || site->is_atomic; }

static void write_first(const il_site *sites, size_t count, bool is_set) {
  for (size_t n = 0; n < count; n++)
    if (is_written(&sites[n]))
      write_byte(sites[n].at, is_set ? sites[n].jump[0] : *sites[n].code);
}

const char *il_write_jumps(const il_image *images, const il_site *sites, size_t count) {
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0))
    return "the system does not make all processors see changed code (membarrier)";
  if (!il_allow_writing(images, true)) {
    il_allow_writing(images, false);
    return "the system lets no code be changed (mprotect)";
  }
  for (size_t n = 0; n < count; n++)
    if (is_written(&sites[n])) write_byte(sites[n].at, IL_BREAKPOINT);
  // Whoever has begun with an instruction's old bytes must be done before the others change.
  bool is_done = synchronize();
  if (is_done) {
    write_rest(sites, count, true);
    is_done = synchronize();
    if (!is_done) write_rest(sites, count, false);
  }
  write_first(sites, count, is_done);
  is_done = synchronize() && is_done;
  return il_allow_writing(images, false) && is_done
             ? NULL : "the system does not let changed code be run (mprotect, membarrier)";
}

IL_UNINSTRUMENTED_END
#endif
