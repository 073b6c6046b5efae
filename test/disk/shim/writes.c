/* Writes. */
#include "shim.h"

static size_t bytes_of(const struct iovec *data, int parts) {
  size_t bytes = 0;
  for (int i = 0; i < parts; i++) bytes += data[i].iov_len;
  return bytes;
}

/* At the position of the descriptor where `offset` is negative. */
static ssize_t write_first(int descriptor, const struct iovec *data, int parts, size_t bytes,
                           int64_t offset) {
  struct iovec some[IOV_MAX];
  int used = 0;
  for (size_t left = bytes; used < parts && left > 0; used++) {
    some[used] = data[used];
    if (some[used].iov_len > left) some[used].iov_len = left;
    left -= some[used].iov_len;
  }
  if (used == 1 && offset < 0) return kernel(SYS_write, descriptor, some->iov_base, some->iov_len);
  return offset < 0 ? kernel(SYS_writev, descriptor, some, used)
                    : kernel(SYS_pwritev, descriptor, some, used, offset, 0L);
}

static void log_write(struct watched *file, const struct iovec *data, int parts, size_t bytes,
                      int64_t at) {
  log_entry(&(struct entry){.kind = RECORD_WRITE, .serial = file->serial, .path = file->path,
                            .a = at, .data = data, .parts = parts, .bytes = bytes});
}

/* What was written through a descriptor that syncs each write: others go on until it is. */
static int sync_write(struct watched *file, int late) {
  int64_t sync = next_sync();
  log_entry(&(struct entry){
      .kind = RECORD_SYNC_START, .serial = file->serial, .path = file->path, .flags = 1, .a = sync});
  unlock();
  wait_for_disk();
  lock();
  log_entry(&(struct entry){
      .kind = RECORD_SYNC_END, .serial = file->serial, .path = file->path, .error = late, .a = sync});
  return late;
}

/* Under the mutex. */
static ssize_t write_watched(int descriptor, struct watched *file, const struct iovec *data,
                             int parts, int64_t offset) {
  size_t bytes = bytes_of(data, parts);
  enum call call = file->is_synchronous ? CALL_META : CALL_WRITE;
  int error = 0;
  enum verdict verdict = judge(call, file->path, &error);
  struct stat status;
  if (file->appends && fstat(descriptor, &status) != 0) abort();
  int64_t at = file->appends ? status.st_size
               : offset >= 0 ? offset
                             : kernel(SYS_lseek, descriptor, 0L, SEEK_CUR);
  size_t fits = room_for(descriptor, at, verdict == VERDICT_SHORT ? (bytes + 1) / 2 : bytes);
  if (bytes > 0 && fits == 0 && verdict != VERDICT_FAIL) {
    verdict = VERDICT_FAIL;
    error = ENOSPC;
  }
  if (verdict == VERDICT_FAIL || fits < bytes) log_failed(call, file->path, error);
  if (verdict == VERDICT_FAIL) return failed(error);
  int late = verdict == VERDICT_LATE ? error : 0;
  ssize_t result = write_first(descriptor, data, parts, fits, offset);
  int failure = result < 0 ? errno : late;
  if (result > 0) log_write(file, data, parts, result, at);
  if (result > 0 && file->is_synchronous) failure = sync_write(file, late);
  if (failure) log_failed(call, file->path, failure);
  return failure ? failed(failure) : result;
}

static ssize_t write_any(int descriptor, const struct iovec *data, int parts, int64_t offset) {
  bool is_stdout = descriptor == STDOUT_FILENO && root[0];
  struct watched *file = watched_at(descriptor);
  if (parts > IOV_MAX) return failed(EINVAL);
  if (!is_stdout && !file)
    return write_first(descriptor, data, parts, bytes_of(data, parts), offset);
  lock();
  ssize_t result;
  if (file) {
    result = write_watched(descriptor, file, data, parts, offset);
  } else {
    result = write_first(descriptor, data, parts, bytes_of(data, parts), offset);
    int before = errno;
    if (result > 0)
      log_entry(&(struct entry){
          .kind = RECORD_STDOUT, .data = data, .parts = parts, .bytes = result});
    errno = before;
  }
  unlock();
  return result;
}

EXPORT ssize_t write(int descriptor, const void *data, size_t bytes) {
  return write_any(descriptor, &(struct iovec){(void *)data, bytes}, 1, -1);
}

EXPORT ssize_t writev(int descriptor, const struct iovec *data, int parts) {
  return write_any(descriptor, data, parts, -1);
}

EXPORT ssize_t pwrite(int descriptor, const void *data, size_t bytes, off_t offset) {
  return write_any(descriptor, &(struct iovec){(void *)data, bytes}, 1, offset);
}

EXPORT ssize_t pwrite64(int descriptor, const void *data, size_t bytes, off64_t offset) {
  return write_any(descriptor, &(struct iovec){(void *)data, bytes}, 1, offset);
}

EXPORT ssize_t pwritev(int descriptor, const struct iovec *data, int parts, off_t offset) {
  return write_any(descriptor, data, parts, offset);
}

EXPORT ssize_t pwritev64(int descriptor, const struct iovec *data, int parts, off64_t offset) {
  return write_any(descriptor, data, parts, offset);
}
