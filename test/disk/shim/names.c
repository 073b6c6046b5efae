/* Changes of names: rename, link, unlink, and directories. */
#include "shim.h"

struct change {
  enum call call;
  enum record record;
  const char *path;
  const char *other;
  /* Whose room becomes free with it. */
  const char *replaced;
  enum verdict verdict;
  int error;
  int64_t frees_bytes;
};

/* Takes the mutex, and keeps it where the change may take place. */
static bool begin_change(struct change *change) {
  lock();
  change->verdict = judge(change->call, change->path, &change->error);
  if (change->verdict == VERDICT_GO || change->verdict == VERDICT_LATE) {
    change->frees_bytes = change->replaced ? room_held_by(change->replaced) : 0;
    return true;
  }
  log_failed(change->call, change->path, change->error);
  unlock();
  return false;
}

static int end_change(struct change *change, long result) {
  if (result == 0) {
    room_freed(change->frees_bytes);
    log_entry(&(struct entry){.kind = change->record, .path = change->path, .other = change->other});
  }
  int error = result != 0 ? errno : change->verdict == VERDICT_LATE ? change->error : 0;
  if (error) log_failed(change->call, change->path, error);
  unlock();
  return error ? failed(error) : 0;
}

static int change_two(enum call call, enum record record, long number, int from_at, const char *from,
                      int to_at, const char *to, int flags) {
  char path[PATH_MAX], other[PATH_MAX];
  enum where is_from = where_is(from_at, from, path);
  enum where is_to = where_is(to_at, to, other);
  if (is_from == NOWHERE || is_to == NOWHERE || (is_from == ELSEWHERE && is_to == ELSEWHERE))
    return kernel(number, from_at, from, to_at, to, flags);
  /* What comes in from elsewhere would have contents that nobody recorded. */
  if (is_from != is_to) return failed(EXDEV);
  struct change change = {.call = call, .record = record, .path = path, .other = other};
  if (record == RECORD_RENAME) change.replaced = other;
  if (!begin_change(&change)) return failed(change.error);
  return end_change(&change, kernel(number, from_at, from, to_at, to, flags));
}

EXPORT int rename(const char *from, const char *to) {
  return change_two(CALL_RENAME, RECORD_RENAME, SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

EXPORT int renameat(int from_at, const char *from, int to_at, const char *to) {
  return change_two(CALL_RENAME, RECORD_RENAME, SYS_renameat2, from_at, from, to_at, to, 0);
}

EXPORT int link(const char *from, const char *to) {
  return change_two(CALL_LINK, RECORD_LINK, SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

EXPORT int linkat(int from_at, const char *from, int to_at, const char *to, int flags) {
  return change_two(CALL_LINK, RECORD_LINK, SYS_linkat, from_at, from, to_at, to, flags);
}

static int remove_name(int directory, const char *path, int flags) {
  char relative[PATH_MAX];
  if (where_is(directory, path, relative) != BELOW_ROOT)
    return kernel(SYS_unlinkat, directory, path, flags);
  bool is_directory = (flags & AT_REMOVEDIR) != 0;
  struct change change = {
      .call = CALL_UNLINK,
      .record = is_directory ? RECORD_RMDIR : RECORD_UNLINK,
      .path = relative,
      .replaced = is_directory ? NULL : relative,
  };
  if (!begin_change(&change)) return failed(change.error);
  return end_change(&change, kernel(SYS_unlinkat, directory, path, flags));
}

EXPORT int unlink(const char *path) { return remove_name(AT_FDCWD, path, 0); }
EXPORT int rmdir(const char *path) { return remove_name(AT_FDCWD, path, AT_REMOVEDIR); }
EXPORT int unlinkat(int directory, const char *path, int flags) {
  return remove_name(directory, path, flags);
}

EXPORT int mkdirat(int directory, const char *path, mode_t mode) {
  char relative[PATH_MAX];
  if (where_is(directory, path, relative) != BELOW_ROOT)
    return kernel(SYS_mkdirat, directory, path, mode);
  struct change change = {.call = CALL_MKDIR, .record = RECORD_MKDIR, .path = relative};
  if (!begin_change(&change)) return failed(change.error);
  return end_change(&change, kernel(SYS_mkdirat, directory, path, mode));
}

EXPORT int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }
