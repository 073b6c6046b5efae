/* Which paths and descriptors lie below the watched directory. */
#include "shim.h"
#include <stdio.h>

/* The real path of the watched directory. */
char root[PATH_MAX];

enum { DESCRIPTORS = 4096 };
static struct watched *table[DESCRIPTORS];
static uint32_t serials;

/* The real path of what `path` names, or would name: its last part need not be there. */
static bool real_path(int directory, const char *path, char *real) {
  char full[PATH_MAX * 2];
  if (path[0] == '/' || directory == AT_FDCWD) {
    if (snprintf(full, sizeof full, "%s", path) >= PATH_MAX) return false;
  } else {
    char link[64], base[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
    ssize_t length = readlink(link, base, sizeof base - 1);
    if (length < 0) return false;
    base[length] = 0;
    if (snprintf(full, sizeof full, "%s/%s", base, path) >= PATH_MAX) return false;
  }
  if (realpath(full, real)) return true;
  char *slash = strrchr(full, '/');
  const char *name = slash ? slash + 1 : full;
  if (slash == full) return false;
  if (slash) *slash = 0;
  if (!realpath(slash ? full : ".", real)) return false;
  size_t length = strlen(real);
  return snprintf(real + length, PATH_MAX - length, "/%s", name) < (int)(PATH_MAX - length);
}

enum where where_is(int directory, const char *path, char *relative) {
  if (!root[0] || !path) return ELSEWHERE;
  int before = errno;
  char real[PATH_MAX];
  bool known = real_path(directory, path, real);
  errno = before;
  size_t length = strlen(root);
  if (!known) return NOWHERE;
  if (strncmp(real, root, length) != 0) return ELSEWHERE;
  if (real[length] != '/' && real[length] != 0) return ELSEWHERE;
  strcpy(relative, real[length] ? real + length + 1 : "");
  return BELOW_ROOT;
}

struct watched *watched_at(int descriptor) {
  return descriptor >= 0 && descriptor < DESCRIPTORS ? table[descriptor] : NULL;
}

struct watched *watch(int descriptor, const char *relative, int flags) {
  if (descriptor >= DESCRIPTORS) abort();
  struct watched *file = calloc(1, sizeof *file);
  if (!file) abort();
  file->serial = ++serials;
  file->is_synchronous = (flags & O_DSYNC) != 0;
  file->appends = (flags & O_APPEND) != 0;
  strcpy(file->path, relative);
  table[descriptor] = file;
  return file;
}

/* Another thread may still look at it: a few bytes for each descriptor are left behind. */
void unwatch(int descriptor) {
  if (descriptor >= 0 && descriptor < DESCRIPTORS) table[descriptor] = NULL;
}
