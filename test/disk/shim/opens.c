/* Opening and closing. */
#include "shim.h"

static int open_watched(int directory, const char *path, int flags, mode_t mode, char *relative) {
  lock();
  struct stat status;
  bool was_there = fstatat(directory, path, &status, 0) == 0;
  bool creates = !was_there && (flags & O_CREAT);
  int error = 0;
  enum verdict verdict = judge(CALL_OPEN, relative, &error);
  if (verdict == VERDICT_GO && creates) verdict = judge(CALL_CREATE, relative, &error);
  if (verdict != VERDICT_GO) {
    log_failed(creates ? CALL_CREATE : CALL_OPEN, relative, error);
    unlock();
    return failed(error);
  }
  bool truncates = was_there && (flags & O_TRUNC) && (flags & O_ACCMODE) != O_RDONLY;
  int64_t held = truncates ? room_held_by(relative) : 0;
  /* Synchronous writes are only noted as such, like every sync. */
  int descriptor = kernel(SYS_openat, directory, path, flags & ~(O_SYNC | O_DSYNC), mode);
  if (descriptor >= 0) {
    if (truncates) room_freed(held);
    struct watched *file = watch(descriptor, relative, flags);
    bool is_directory = was_there && S_ISDIR(status.st_mode);
    log_entry(&(struct entry){
        .kind = RECORD_OPEN,
        .serial = file->serial,
        .flags = (creates ? OPEN_CREATED : 0) | (truncates ? OPEN_TRUNCATED : 0) |
                 (is_directory ? OPEN_DIRECTORY : 0),
        .path = relative,
    });
  }
  unlock();
  return descriptor;
}

static int open_any(int directory, const char *path, int flags, mode_t mode) {
  char relative[PATH_MAX];
  if (where_is(directory, path, relative) == BELOW_ROOT) {
    if ((flags & O_TMPFILE) == O_TMPFILE) return failed(EOPNOTSUPP);
    return open_watched(directory, path, flags, mode, relative);
  }
  int descriptor = kernel(SYS_openat, directory, path, flags, mode);
  if (descriptor >= 0) unwatch(descriptor);
  return descriptor;
}

static mode_t mode_of(int flags, va_list more) {
  return flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
}

#define OPENS(name, parameters, directory)              \
  EXPORT int name parameters {                          \
    va_list more;                                       \
    va_start(more, flags);                              \
    mode_t mode = mode_of(flags, more);                 \
    va_end(more);                                       \
    return open_any(directory, path, flags, mode);      \
  }
OPENS(open, (const char *path, int flags, ...), AT_FDCWD)
OPENS(open64, (const char *path, int flags, ...), AT_FDCWD)
OPENS(openat, (int directory, const char *path, int flags, ...), directory)
OPENS(openat64, (int directory, const char *path, int flags, ...), directory)

EXPORT int creat(const char *path, mode_t mode) {
  return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* What code that is compiled with checks calls in the place of open. */
EXPORT int __open_2(const char *path, int flags) { return open_any(AT_FDCWD, path, flags, 0); }
EXPORT int __open64_2(const char *path, int flags) { return open_any(AT_FDCWD, path, flags, 0); }

EXPORT int close(int descriptor) {
  unwatch(descriptor);
  return kernel(SYS_close, descriptor);
}

/* Node closes, and copies, past the functions that are there for it. */
EXPORT long syscall(long number, ...) {
  long a[6];
  va_list more;
  va_start(more, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(more, long);
  va_end(more);
  if (number == SYS_close) return close(a[0]);
  if (number == SYS_copy_file_range && watched_at(a[2])) return failed(EXDEV);
  return kernel(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
