// The instructions of the program that are watched.

#ifndef CINTERLEAVE_SITES_H
#define CINTERLEAVE_SITES_H

#include "watching.h"
#include "stubs.h"
#include "watchlist.h"

#if defined(__linux__) && defined(__x86_64__)

/// Finds all of them, once. Returns why it cannot be done, or NULL.
const char *il_sites_obstacle(void);

/// By their addresses.
extern il_site *il_sites;
extern size_t il_site_count;
extern il_image *il_images;

/// A function, by its name, that a library has every unit compile which calls it.
bool il_is_of_library(const char *name);
/// What is told of who comes by atomic instructions; NULL where nobody is.
il_atomic_hook il_atomics_hook(void);
void il_hook_atomics(il_atomic_hook hook);
/// Where the program called what a library has every unit compile; NULL if it was no program.
const void *il_caller_of_library(const il_site *site, const il_registers *registers);

/// The same under the thread sanitizer: finds its functions for atomics, tells what somebody is about
/// to do who comes by one of them, false where it is none of the program's, and tries that out.
const char *il_add_sanitized_sites(void);
bool il_sanitized_atomic(const il_site *site, const il_registers *registers, il_atomic *atomic);
bool il_sanitized_probed(const il_session *session);
const char *il_probe_sanitized(void);

/// Tries out what has been written. Returns what is wrong with it, or NULL.
const char *il_probe_sites(void);

#endif
#endif
