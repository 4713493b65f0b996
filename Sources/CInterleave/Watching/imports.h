// The functions of other libraries that the program calls, as far as nothing is known of them.

#ifndef CINTERLEAVE_IMPORTS_H
#define CINTERLEAVE_IMPORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "watchlist.h"

/// Finds the places through which the images call what is not known. Returns false where
/// they cannot be told.
bool il_find_imports(const il_image *images);
/// Has calls through these places noted, or no more. Returns false if that failed.
bool il_note_imports(bool is_noted);
/// The symbol of the function that is called through a place of the program's; NULL if none is.
const char *il_import_at(uintptr_t place);

#endif
