// Jumps to stubs, in the place of the instructions that are watched.

#ifndef CINTERLEAVE_JUMPS_H
#define CINTERLEAVE_JUMPS_H

#include "stubs.h"

#if defined(__linux__) && defined(__x86_64__)

/// Decides what is to be in the place of each site's instruction: a jump, where one leads to its
/// stub, else a breakpoint. The sites are in the order of their addresses. Returns false if
/// there is no memory for that.
bool il_plan_jumps(il_site *sites, size_t count);
/// Puts the jumps there, and the breakpoints at atomic instructions that have none, while other
/// threads may be running the code. Those who come by meanwhile meet breakpoints. Returns NULL, or
/// why it cannot be done.
const char *il_write_jumps(const il_image *images, const il_site *sites, size_t count);
/// Makes the code of the images writable, or no more. Returns false if that failed.
bool il_allow_writing(const il_image *images, bool is_allowed);

enum { IL_BREAKPOINT = 0xCC };

#endif
#endif
