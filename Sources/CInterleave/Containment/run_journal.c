// What led to a crash that must end the process, written down for the next one.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

void il_guard_set_journal(il_guard *g, const char *path, const char *head) {
  strncpy(g->journal, path, sizeof g->journal - 1);
  strncpy(g->journal_head, head, sizeof g->journal_head - 1);
}

void il_write_all(int file, const char *text, size_t count) {
  while (count) {
    ssize_t n = write(file, text, count);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    text += n;
    count -= (size_t)n;
  }
}

static int open_journal(char *path) {
  enum { FLAGS = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC };
  int file = open(path, FLAGS, 0666);
  if (file >= 0 || errno != ENOENT) return file;
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(path, 0777);
    *slash = '/';
  }
  return open(path, FLAGS, 0666);
}

void il_write_journal(il_guard *g, bool is_elsewhere) {
  if (!g->journal[0] || !g->session) return;
  int file = open_journal(g->journal);
  if (file < 0) return;
  il_write_all(file, g->journal_head, strlen(g->journal_head));
  if (is_elsewhere) il_write_all(file, "elsewhere\n", 10);
  g->session->callbacks.journal(g->session->context, file);
  il_write_all(file, "end\n", 4);
  close(file);
}

IL_UNINSTRUMENTED_END
