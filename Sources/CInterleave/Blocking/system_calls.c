// System calls that are made by their numbers: for randomness, and to wait for a word of memory.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Containment/containment.h"
#include "../Environment/environment.h"
#include "../Carriers/carriers.h"

#if defined(__linux__)
#include <linux/futex.h>
#include <stdarg.h>
#include <sys/syscall.h>

IL_UNINSTRUMENTED_BEGIN

static bool futex_waits(long operation) {
  long command = operation & FUTEX_CMD_MASK;
  return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI ||
         command == FUTEX_LOCK_PI2;
}

long syscall(long number, ...) {
  static long (*original)(long, ...);
  long a[6];
  va_list arguments;
  va_start(arguments, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(arguments, long);
  va_end(arguments);
  il_session *s = il_current;
  if (s && number == SYS_getrandom) {
    il_draw((void *)a[0], (size_t)a[1]);
    return a[1];
  }
  if (UNLIKELY(!original)) original = (long (*)(long, ...))il_next_symbol("syscall");
  int waits = -1;
  if (number == SYS_futex) {
    bool is_taken;
    if (s) {
      // A thread that runs no step of the run, as one that makes a global variable, gives a lock back
      // by itself: steps that wait for each other are all on one thread.
      il_lock_holder holder = il_holder_of_futex((const int *)a[0], a[1]);
      if (futex_waits(a[1]) && holder != IL_HELD_ELSEWHERE)
        il_leave_points_at("a futex", __builtin_return_address(0));
      il_check_futex(holder, __builtin_return_address(0));
    }
    waits = il_wait_begin((void *)a[0], a[1], &is_taken);
    if (is_taken) {
      il_wait_end(waits);
      return 0;
    }
  }
  long result = original(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  il_wait_end(waits);
  return result;
}

IL_UNINSTRUMENTED_END
#endif
