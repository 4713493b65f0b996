// The stacks of carriers: how they are made, kept, and left for each other.

#ifndef CINTERLEAVE_STACKS_H
#define CINTERLEAVE_STACKS_H

#include "carriers.h"

#if defined(IL_HAS_CARRIERS)

IL_UNINSTRUMENTED_BEGIN

// Finds what the runtime keeps for this thread; tells why it cannot be had, or NULL.
const char *il_find_blocks(void);
// The number of this thread, once that has been found: its address would not tell it from one that
// has ended.
unsigned long il_number_of_thread(void);

// Goes on upon another carrier, until somebody comes back to this one.
void il_switch_carriers(il_carrier *from, il_carrier *to);

// Takes one that is free; there must be one.
il_carrier *il_carriers_take_spare(il_carriers *carriers);
// Gives back those that are free but for so many.
void il_carriers_keep_free(il_carriers *carriers, size_t count);
void il_carrier_unmake(il_carrier *carrier);

IL_UNINSTRUMENTED_END

#endif

#endif
