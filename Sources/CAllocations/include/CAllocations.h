// Counting what is asked of the heap, for the benchmark of that name.

#ifndef CALLOCATIONS_H
#define CALLOCATIONS_H

#include <stdbool.h>
#include <stdint.h>

/// Has every image's calls of malloc and its relatives come by here from now on. Returns false
/// where that cannot be done.
///
/// What the loader and the C library ask of themselves without going through their imports is not
/// seen.
bool al_watch(void);

/// How often memory was asked for since then, by all threads of the process.
uint64_t al_count(void);

#endif
