// What the address sanitizer reports in a step: that stops it, and no more than it.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "containment.h"
#include "guard.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

IL_UNINSTRUMENTED_BEGIN

// It is about to end the process, of which no other thread can tell it anything any more.
static void on_address_error(const char *report) {
  (void)report;
  if (!il_is_contained()) return;
  void *(*location)(void);
  const char *(*description)(void);
  int (*is_write)(void);
  size_t (*size)(void);
  *(void **)&location = dlsym(RTLD_DEFAULT, "__asan_get_report_pc");
  *(void **)&description = dlsym(RTLD_DEFAULT, "__asan_get_report_description");
  *(void **)&is_write = dlsym(RTLD_DEFAULT, "__asan_get_report_access_type");
  *(void **)&size = dlsym(RTLD_DEFAULT, "__asan_get_report_access_size");
  char text[256];
  int count = snprintf(text, sizeof text, "Fatal error: AddressSanitizer: %s", description());
  if (size() && count < (int)sizeof text)
    count += snprintf(text + count, sizeof text - (size_t)count, ", %zu bytes were %s", size(),
                      is_write() ? "written" : "read");
  il_note_said(text, strlen(text));
  il_stop_step(IL_STOP_SIGNAL, SIGABRT, location());
}

#if __has_feature(address_sanitizer)
// Called before the error is described, which takes a while, and which nobody would see.
void __asan_on_error(void) {
  if (il_is_quiet) on_address_error("");
}
#endif

__attribute__((constructor)) static void follow_address_sanitizer(void) {
  void (*set_callback)(void (*)(const char *));
  *(void **)&set_callback = dlsym(RTLD_DEFAULT, "__asan_set_error_report_callback");
  if (set_callback) set_callback(on_address_error);
}

IL_UNINSTRUMENTED_END
