/* Syncs, sizes and maps. */
#include "shim.h"

/* Two records, as other threads go on until it has ended. */
static int sync_any(int descriptor, long number) {
  struct watched *file = watched_at(descriptor);
  if (!file) return kernel(number, descriptor);
  lock();
  int error = 0;
  bool goes = judge(CALL_SYNC, file->path, &error) == VERDICT_GO;
  int64_t sync = next_sync();
  log_entry(&(struct entry){.kind = RECORD_SYNC_START, .serial = file->serial, .path = file->path, .a = sync});
  if (!goes) log_failed(CALL_SYNC, file->path, error);
  unlock();
  wait_for_disk();
  lock();
  log_entry(&(struct entry){.kind = RECORD_SYNC_END, .serial = file->serial, .path = file->path,
                            .error = goes ? 0 : error, .a = sync});
  unlock();
  return goes ? 0 : failed(error);
}

EXPORT int fsync(int descriptor) { return sync_any(descriptor, SYS_fsync); }
EXPORT int fdatasync(int descriptor) { return sync_any(descriptor, SYS_fdatasync); }

static void log_size(struct watched *file, int64_t size) {
  log_entry(&(struct entry){
      .kind = RECORD_RESIZE, .serial = file->serial, .path = file->path, .a = size});
}

EXPORT int ftruncate64(int descriptor, off64_t size) {
  struct watched *file = watched_at(descriptor);
  if (!file) return kernel(SYS_ftruncate, descriptor, size);
  lock();
  int error = 0;
  enum verdict verdict = judge(CALL_TRUNCATE, file->path, &error);
  bool goes = verdict == VERDICT_GO || verdict == VERDICT_LATE;
  int64_t held = room_held_by(file->path);
  int result = goes ? kernel(SYS_ftruncate, descriptor, size) : -1;
  if (goes && result != 0) error = errno;
  if (result == 0) room_freed(held - room_held_by(file->path));
  if (result == 0) log_size(file, size);
  if (error) log_failed(CALL_TRUNCATE, file->path, error);
  unlock();
  return error ? failed(error) : 0;
}

EXPORT int ftruncate(int descriptor, off_t size) { return ftruncate64(descriptor, size); }

/* Sets room aside, and makes the file as large as that unless `mode` says not to. */
EXPORT int fallocate64(int descriptor, int mode, off64_t offset, off64_t bytes) {
  struct watched *file = watched_at(descriptor);
  if (!file) return kernel(SYS_fallocate, descriptor, mode, offset, bytes);
  if (mode & ~FALLOC_FL_KEEP_SIZE) return failed(EOPNOTSUPP);
  lock();
  int error = 0;
  if (judge(CALL_WRITE, file->path, &error) != VERDICT_GO) {
    log_failed(CALL_WRITE, file->path, error);
  } else if (room_for(descriptor, offset, bytes) < (size_t)bytes) {
    error = ENOSPC;
  } else if (kernel(SYS_fallocate, descriptor, mode, offset, bytes) != 0) {
    error = errno;
  } else {
    struct stat status;
    if (fstat(descriptor, &status) == 0) log_size(file, status.st_size);
  }
  unlock();
  return error ? failed(error) : 0;
}

EXPORT int fallocate(int descriptor, int mode, off_t offset, off_t bytes) {
  return fallocate64(descriptor, mode, offset, bytes);
}

/* These two answer with the error itself. */
EXPORT int posix_fallocate64(int descriptor, off64_t offset, off64_t bytes) {
  return fallocate64(descriptor, 0, offset, bytes) == 0 ? 0 : errno;
}

EXPORT int posix_fallocate(int descriptor, off_t offset, off_t bytes) {
  return posix_fallocate64(descriptor, offset, bytes);
}

EXPORT void *mmap64(void *at, size_t bytes, int protection, int flags, int descriptor,
                    off64_t offset) {
  struct watched *file = watched_at(descriptor);
  if (file && (flags & MAP_SHARED) && (protection & PROT_WRITE)) {
    lock();
    log_entry(&(struct entry){.kind = RECORD_MAP, .serial = file->serial, .path = file->path});
    unlock();
  }
  return (void *)kernel(SYS_mmap, at, bytes, protection, flags, descriptor, offset);
}

EXPORT void *mmap(void *at, size_t bytes, int protection, int flags, int descriptor,
                  off_t offset) {
  return mmap64(at, bytes, protection, flags, descriptor, offset);
}
