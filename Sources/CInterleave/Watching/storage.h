// Objects that hold the elements of a value.

#ifndef CINTERLEAVE_STORAGE_H
#define CINTERLEAVE_STORAGE_H

#include <stdbool.h>
#include <stdint.h>

/// Tells of a library in memory, whose classes may be those of storage.
void il_storage_add_library(const char *path, uintptr_t begin, uintptr_t end);

/// An object is the storage of a value of the standard library or of Foundation, which is
/// copied before it is changed where others refer to it: nobody can tell whether it was.
bool il_is_storage(const void *object);

#endif
