// Stubs: the code that an instruction of the program's makes way for. It tells who came by, and
// goes on with the instruction itself.

#ifndef CINTERLEAVE_STUBS_H
#define CINTERLEAVE_STUBS_H

#include "watching.h"
#include "instructions.h"
#include "watchlist.h"

#if defined(__linux__) && defined(__x86_64__)

/// What a function of the thread sanitizer's compares a word with.
typedef enum {
  IL_COMPARED_WITH_NOTHING,
  IL_COMPARED_WITH_VALUE,
  IL_COMPARED_WITH_MEMORY,
} il_compared;

/// An instruction that is watched.
typedef struct {
  uintptr_t at;
  const il_function *function;
  /// The instruction as it is in its file.
  const uint8_t *code;
  il_instruction instruction;
  /// It is the first one of a function that is watched; it is atomic.
  bool is_entry, is_atomic;
  /// It is the first one of a function that stands for an atomic instruction, and what that compares.
  bool is_call;
  il_compared compared;
  /// The function is a library's that every unit compiles which calls it.
  bool is_librarys;
  uint8_t *stub;
  /// How far into the stub the instruction is.
  uint8_t moved_at;
  /// What is in the place of its first bytes; a jump if `is_jump`, else a breakpoint.
  uint8_t jump[5];
  bool is_jump;
} il_site;

/// How many bytes a stub takes.
enum { IL_STUB_SIZE = 208 };

/// Why no stubs can be made in this process; NULL if they can.
const char *il_stubs_obstacle(void);
/// Writes the stub of a site, whose number it is. Returns false if the instruction cannot run
/// anywhere else.
bool il_write_site_stub(il_site *site, uint32_t number);

/// The registers of whoever comes by, by their numbers in instructions.
typedef struct {
  uintptr_t numbered[16];
} il_registers;

enum { IL_RAX = 0, IL_RSP = 4, IL_RBP = 5 };

/// Called by stubs. What a site's first bit says is whether its entry, or its instruction.
void il_site_reached(uint32_t site_and_kind, const il_registers *registers);

/// Where a site's atomic instruction finds its memory.
void *il_word_of(const il_site *site, const il_registers *registers);

#endif
#endif
