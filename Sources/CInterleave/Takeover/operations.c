// Operations of Foundation's, whose queue hands each to a dispatch queue once it may begin.
//
// What libraries hand to queues is left alone. What the queue of some operations does is known by
// its functions, which are among the calls that lead to libdispatch.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "blocks.h"
#include "../Carriers/carriers.h"

#if defined(IL_HAS_CARRIERS)
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

IL_UNINSTRUMENTED_BEGIN

// MARK: - Whose functions

static bool is_named_so(const char *name) {
  static const char *const types[] = {
      "$s10Foundation14OperationQueueC", "$s10Foundation9OperationC",
      "$s10Foundation14BlockOperationC"};
  for (size_t n = 0; n < sizeof types / sizeof *types; n++)
    if (!strncmp(name, types[n], strlen(types[n]))) return true;
  return false;
}

static bool look_up(uintptr_t address) {
  Dl_info info;
  const ElfW(Sym) *symbol = NULL;
  il_session *s = il_current;
  il_current = NULL;
  bool is_found = dladdr1((void *)address, &info, (void **)&symbol, RTLD_DL_SYMENT) &&
                  info.dli_sname && symbol &&
                  address - (uintptr_t)info.dli_saddr < symbol->st_size;
  il_current = s;
  return is_found && is_named_so(info.dli_sname);
}

// The address returns to a function of operations or their queue.
static bool is_of_operations(const void *pointer) {
  enum { PLACES = 128 };
  static struct { _Atomic(uintptr_t) address; atomic_bool is; } places[PLACES];
  uintptr_t address = (uintptr_t)pointer;
  __typeof__(*places) *place = &places[(address >> 2) % PLACES];
  if (atomic_load(&place->address) == address) {
    bool is = atomic_load(&place->is);
    // Where two threads are at it, one of them looks once more.
    if (atomic_load(&place->address) == address) return is;
  }
  bool is = look_up(address - 1);
  atomic_store(&place->address, 0);
  atomic_store(&place->is, is);
  atomic_store(&place->address, address);
  return is;
}

// A frame lies on the stack, above another place there.
static bool lies_above(void **base, void **place) {
  enum { LARGEST = 65536 };
  uintptr_t distance = (uintptr_t)base - (uintptr_t)place;
  return distance <= LARGEST && distance % sizeof(void *) == 0;
}

// The innermost of the calls that are in progress, but for the overlay's.
static il_call innermost_call(const void *caller, void **frame) {
  il_call call = il_call_of_overlay(caller, frame);
  if (!lies_above(call.base, frame)) call.base = NULL;
  return call;
}

// The next of them, outwards. False: there is none, or what should be a frame is none.
static bool go_outwards(il_call *call) {
  if (!call->base) return false;
  void **outer = *(void ***)call->base;
  call->address = call->base[1];
  call->base = lies_above(outer, call->base) ? outer : NULL;
  return call->address != NULL;
}

enum { DEPTH = 16 };

bool il_is_of_operations(const void *caller, void **frame) {
  il_call call = innermost_call(caller, frame);
  for (int depth = 0; depth < DEPTH && il_code_at(call.address) == IL_CODE_LIBRARY; depth++) {
    if (is_of_operations(call.address)) return true;
    if (!go_outwards(&call)) return false;
  }
  return false;
}

// MARK: - Where they were added

// An operation's block, and the call of the program's by which it was added to its queue.
typedef struct il_added_operation {
  const void *block, *site;
  struct il_added_operation *next;
} il_added_operation;

static const void *program_call(const void *caller, void **frame) {
  il_call call = innermost_call(caller, frame);
  for (int depth = 0; depth < DEPTH; depth++) {
    il_code code = il_code_at(call.address);
    if (code == IL_CODE_PROGRAM) return call.address;
    if (code == IL_CODE_OURS || !go_outwards(&call)) return NULL;
  }
  return NULL;
}

static void note_added(il_session *s, const void *block, const void *caller, void **frame) {
  const void *site = program_call(caller, frame);
  il_added_operation *a = s->operations;
  while (a && a->block != block) a = a->next;
  if (!a) {
    a = calloc(1, sizeof *a);
    if (!a) abort();
    a->block = block;
    a->next = s->operations;
    s->operations = a;
  }
  a->site = site;
}

const void *il_call_for_operation(il_session *s, const void *block, const void *caller,
                                  void **frame) {
  il_added_operation **link = &s->operations;
  while (*link && (*link)->block != block) link = &(*link)->next;
  il_added_operation *found = *link;
  if (!found) return program_call(caller, frame);
  const void *site = found->site;
  *link = found->next;
  free(found);
  return site;
}

void il_operations_forget(il_session *s) {
  for (il_added_operation *a = s->operations, *next; a; a = next) {
    next = a->next;
    free(a);
  }
  s->operations = NULL;
}

#define NOTE_ADDED(made)                                                          \
  il_session *s = il_inside();                                                    \
  void **frame = __builtin_frame_address(0);                                      \
  if (UNLIKELY(s != NULL) && il_is_of_operations(IL_CALLER(), frame)) note_added(s, made, IL_CALLER(), frame)

void *dispatch_block_create(unsigned long flags, const void *block) {
  IL_REAL(dispatch_block_create, void *(*)(unsigned long, const void *));
  void *made = original(flags, block);
  NOTE_ADDED(made);
  return made;
}

void *dispatch_block_create_with_qos_class(unsigned long flags, unsigned class, int priority,
                                           const void *block) {
  IL_REAL(dispatch_block_create_with_qos_class,
          void *(*)(unsigned long, unsigned, int, const void *));
  void *made = original(flags, class, priority, block);
  NOTE_ADDED(made);
  return made;
}

IL_UNINSTRUMENTED_END
#endif
