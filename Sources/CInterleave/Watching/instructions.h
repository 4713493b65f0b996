// Machine instructions, as far as it must be known where they end.

#ifndef CINTERLEAVE_INSTRUCTIONS_H
#define CINTERLEAVE_INSTRUCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint8_t length;
  /// Where in the instruction a 32-bit distance from its end is; 0 for nowhere.
  uint8_t relative_at;
  /// Where its operands are told; 0 for an instruction without such. And the bits before it that
  /// extend the numbers of registers.
  uint8_t operands_at, extension;
  /// How many bytes of memory it changes, if it is atomic.
  uint8_t width;
  /// It reads and writes memory in one.
  bool is_atomic;
  bool is_nop;
  /// What follows it in memory is not run after it.
  bool ends;
  bool is_branch;
  bool is_short_branch;
  /// It compares, and exchanges what it finds equal.
  bool compares;
  /// Its memory is not where its operands alone say: it is the thread's own.
  bool is_elsewhere;
} il_instruction;

/// Tells what the instruction at `code` is; false if that cannot be told.
bool il_decode(const uint8_t *code, size_t size, il_instruction *out);

#endif
