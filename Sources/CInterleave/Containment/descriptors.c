// Files of ours that a step must not close.
//
// A program that closes all files that it does not know would close those by which its run is
// watched, and what it opens next would have their numbers. For a step, they are not there.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "containment.h"

#include <dlfcn.h>
#include <errno.h>
#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

enum { MOST = 256 };
static _Atomic int owned[MOST];

void il_own_file(int file) {
  for (int n = 0; n < MOST; n++) {
    int none = 0;
    if (atomic_compare_exchange_strong(&owned[n], &none, file + 1)) return;
  }
}

void il_disown_file(int file) {
  for (int n = 0; n < MOST; n++) {
    int own = file + 1;
    if (atomic_compare_exchange_strong(&owned[n], &own, 0)) return;
  }
}

int il_refuse(void) {
  errno = EBADF;
  return -1;
}

bool il_is_refused(int file) {
  if (LIKELY(!il_current) || file < 0 || !il_is_own_process()) return false;
  for (int n = 0; n < MOST; n++)
    if (atomic_load_explicit(&owned[n], memory_order_relaxed) == file + 1) return true;
  return false;
}

#if !defined(__linux__)
int close(int file) {
  IL_REAL(close, int (*)(int));
  return il_is_refused(file) ? il_refuse() : original(file);
}
#endif

int dup2(int from, int to) {
  IL_REAL(dup2, int (*)(int, int));
  return il_is_refused(to) ? il_refuse() : original(from, to);
}

#if defined(__linux__)
int dup3(int from, int to, int flags) {
  IL_REAL(dup3, int (*)(int, int, int));
  return il_is_refused(to) ? il_refuse() : original(from, to, flags);
}

// Closes all but ours: what lies between them.
static int close_around(unsigned first, unsigned last, int flags,
                        int (*original)(unsigned, unsigned, int)) {
  for (;;) {
    unsigned next = last;
    bool has_own = false;
    for (int n = 0; n < MOST; n++) {
      int file = atomic_load_explicit(&owned[n], memory_order_relaxed) - 1;
      if (file < 0 || (unsigned)file < first || (unsigned)file > next) continue;
      next = (unsigned)file;
      has_own = true;
    }
    if (!has_own) return original(first, last, flags);
    if (next > first && original(first, next - 1, flags)) return -1;
    if (next == last) return 0;
    first = next + 1;
  }
}

int close_range(unsigned first, unsigned last, int flags) {
  static int (*original)(unsigned, unsigned, int);
  if (UNLIKELY(!original)) *(void **)&original = dlsym(RTLD_NEXT, "close_range");
  if (original && il_current && first <= last && il_is_own_process())
    return close_around(first, last, flags, original);
  if (original) return original(first, last, flags);
  errno = ENOSYS;
  return -1;
}

void closefrom(int first) {
  static void (*original)(int);
  if (UNLIKELY(!original)) *(void **)&original = dlsym(RTLD_NEXT, "closefrom");
  if (il_current) close_range(first < 0 ? 0 : (unsigned)first, ~0u, 0);
  else if (original) original(first);
}
#endif

IL_UNINSTRUMENTED_END
