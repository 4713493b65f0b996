// What coverage-guided engines offer to the programs that they run.

#include "Engines.h"

#if defined(__linux__)

#define COUNTERS 8192

// libFuzzer knows them by the name of their section, and sets them to 0 before each input.
__attribute__((section("__libfuzzer_extra_counters"), used)) static uint8_t counters[COUNTERS];

uint8_t *il_engine_counters(size_t *count) {
  *count = COUNTERS;
  return counters;
}

#else

uint8_t *il_engine_counters(size_t *count) {
  *count = 0;
  return NULL;
}

#endif

__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *bytes, size_t count, size_t limit);

size_t il_engine_mutate(uint8_t *bytes, size_t count, size_t limit) {
  return LLVMFuzzerMutate == NULL ? count : LLVMFuzzerMutate(bytes, count, limit);
}
