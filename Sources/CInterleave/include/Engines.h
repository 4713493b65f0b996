// What coverage-guided engines, such as libFuzzer, offer to the programs that they run.

#ifndef CINTERLEAVE_ENGINES_H
#define CINTERLEAVE_ENGINES_H

#include <stddef.h>
#include <stdint.h>

/// Counters that an engine reads after each input as it reads those of the code: one that was not
/// above 0 before shows it something new.
///
/// - Returns: The first of them; NULL where no engine would know of them.
uint8_t *il_engine_counters(size_t *count);

/// Lets the engine change bytes as it would by itself.
///
/// - Returns: How many bytes there are then, at most `limit`; as many as there were where there is no
///   engine.
size_t il_engine_mutate(uint8_t *bytes, size_t count, size_t limit);

#endif
