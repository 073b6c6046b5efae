/*
 * Faults. The environment holds rules, one a line: "call pattern after times verdict errno".
 *   call     a number of enum call
 *   pattern  of fnmatch, for the path below the watched directory, which is itself a slash
 *   after    how many such calls pass first
 *   times    how many are struck then; 0 for all
 *   verdict  fail, late, short, or kill: the process ends just before the call
 *
 * Rules count and strike, and room is taken, only while the file that arms them is there.
 */
#include "shim.h"
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>

enum { RULES_MAX = 32, PAGE_BYTES = 4096 };

struct rule {
  int call;
  char pattern[256];
  long after;
  long times;
  char verdict[16];
  int error;
  long seen;
};

static struct rule rules[RULES_MAX];
static int rule_count;
static const char *armed_path;
static bool has_room_limit;
static int64_t room;

void rules_read(const char *text, const char *armed, const char *room_bytes) {
  armed_path = armed;
  if (room_bytes) {
    has_room_limit = true;
    room = atoll(room_bytes);
  }
  for (const char *line = text; line && *line && rule_count < RULES_MAX;) {
    struct rule *rule = &rules[rule_count];
    if (sscanf(line, "%d %255s %ld %ld %15s %d", &rule->call, rule->pattern, &rule->after,
               &rule->times, rule->verdict, &rule->error) != 6)
      abort();
    rule_count++;
    line = strchr(line, '\n');
    if (line) line++;
  }
}

static bool is_armed(void) {
  return !armed_path || kernel(SYS_faccessat, AT_FDCWD, armed_path, F_OK) == 0;
}

enum verdict judge(enum call call, const char *path, int *error) {
  if (rule_count == 0 || !is_armed()) return VERDICT_GO;
  enum verdict verdict = VERDICT_GO;
  for (int i = 0; i < rule_count; i++) {
    struct rule *rule = &rules[i];
    const char *name = *path ? path : "/";
    if (rule->call != (int)call || fnmatch(rule->pattern, name, 0) != 0) continue;
    long nth = rule->seen++ - rule->after;
    if (nth < 0 || (rule->times > 0 && nth >= rule->times) || verdict != VERDICT_GO) continue;
    *error = rule->error;
    if (strcmp(rule->verdict, "fail") == 0) verdict = VERDICT_FAIL;
    if (strcmp(rule->verdict, "late") == 0) verdict = VERDICT_LATE;
    if (strcmp(rule->verdict, "short") == 0) verdict = VERDICT_SHORT;
    if (strcmp(rule->verdict, "kill") == 0) {
      log_failed(call, path, 0);
      raise(SIGKILL);
    }
  }
  return verdict;
}

/* Whether a page of a file has room already: it is below the end, and in no hole. */
static bool has_page(int descriptor, int64_t page, int64_t size) {
  int64_t start = page * PAGE_BYTES;
  if (start >= size) return false;
  int64_t data = kernel(SYS_lseek, descriptor, start, SEEK_DATA);
  return data >= 0 && data < start + PAGE_BYTES;
}

/* How many of the bytes fit. They take the room that they need. */
size_t room_for(int descriptor, int64_t offset, size_t bytes) {
  if (!has_room_limit || bytes == 0 || !is_armed()) return bytes;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  /* One of our own, as looking for holes moves the position. */
  int own = kernel(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (own < 0 || fstat(own, &status) != 0) abort();
  int64_t end = offset + bytes;
  int64_t page = offset / PAGE_BYTES;
  for (; page * PAGE_BYTES < end; page++) {
    if (has_page(own, page, status.st_size)) continue;
    if (room < PAGE_BYTES) break;
    room -= PAGE_BYTES;
  }
  kernel(SYS_close, own);
  int64_t fits = page * PAGE_BYTES - offset;
  return fits <= 0 ? 0 : fits < (int64_t)bytes ? (size_t)fits : bytes;
}

/* What removing the last name of a file would free. Whether someone has it open is not looked at. */
int64_t room_held_by(const char *path) {
  struct stat status;
  char full[PATH_MAX * 2];
  if (!has_room_limit) return 0;
  snprintf(full, sizeof full, "%s/%s", root, path);
  if (stat(full, &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink > 1) return 0;
  /* File systems set more room aside than a growing file has. */
  int64_t pages = (status.st_size + PAGE_BYTES - 1) / PAGE_BYTES;
  int64_t bytes = (int64_t)status.st_blocks * 512;
  return bytes < pages * PAGE_BYTES ? bytes : pages * PAGE_BYTES;
}

void room_freed(int64_t bytes) {
  if (has_room_limit && is_armed()) room += bytes;
}
