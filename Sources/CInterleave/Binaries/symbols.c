// The functions of an ELF file, by address.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "binary.h"

#if defined(__linux__) && defined(__LP64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#include <elf.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b) {
  const il_symbol *one = a, *other = b;
  if (one->value != other->value) return one->value < other->value ? -1 : 1;
  if (one->size != other->size) return one->size < other->size ? -1 : 1;
  return one->order < other->order ? -1 : one->order > other->order;
}

bool il_index_symbols(il_binary *binary, const uint8_t *bytes) {
  if (!binary->parts[IL_PART_SYMBOLS].size || !binary->parts[IL_PART_NAMES].size) return true;
  il_reader reader = il_read_part(binary, bytes, IL_PART_SYMBOLS, 0);
  size_t count = il_left(&reader) / sizeof(Elf64_Sym), functions = 0;
  binary->symbols = calloc(count + 1, sizeof *binary->symbols);
  if (!binary->symbols) return false;
  for (size_t i = 0; i < count; i++) {
    Elf64_Sym symbol;
    memcpy(&symbol, reader.at + i * sizeof symbol, sizeof symbol);
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF ||
        symbol.st_shndx == SHN_ABS) continue;
    binary->symbols[functions] = (il_symbol){.value = symbol.st_value, .size = symbol.st_size,
                                             .name = symbol.st_name,
                                             .order = (uint32_t)functions};
    functions++;
  }
  binary->symbol_count = functions;
  qsort(binary->symbols, functions, sizeof *binary->symbols, by_value);
  return true;
}

// Of several functions that begin at the address, the smallest; of several that begin
// before it at one place, the largest.
bool il_binary_symbol(const il_binary *binary, const uint8_t *bytes, uint64_t address,
                      il_text *name) {
  const il_symbol *symbols = binary->symbols;
  size_t low = 0, high = binary->symbol_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (symbols[middle].value <= address) low = middle + 1; else high = middle;
  }
  if (!low) return false;
  size_t found = low - 1;
  while (found && symbols[found - 1].value == address) found--;
  *name = il_text_at(binary, bytes, (il_text_place){true, IL_PART_NAMES, symbols[found].name});
  return true;
}
#endif
