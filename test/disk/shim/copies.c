/* Copying from file to file, which is done with reads and writes so that there is something to record. */
#include "shim.h"
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>

EXPORT ssize_t sendfile64(int to, int from, off64_t *offset, size_t count) {
  if (!watched_at(to)) return kernel(SYS_sendfile, to, from, offset, count);
  char buffer[65536];
  size_t bytes = count < sizeof buffer ? count : sizeof buffer;
  ssize_t got = offset ? kernel(SYS_pread64, from, buffer, bytes, *offset)
                       : kernel(SYS_read, from, buffer, bytes);
  if (got <= 0) return got;
  ssize_t put = write(to, buffer, got);
  if (put > 0 && offset) *offset += put;
  if (put < got && !offset) kernel(SYS_lseek, from, (put > 0 ? put : 0) - got, SEEK_CUR);
  return put;
}

EXPORT ssize_t sendfile(int to, int from, off_t *offset, size_t count) {
  return sendfile64(to, from, offset, count);
}

EXPORT ssize_t copy_file_range(int from, off64_t *from_offset, int to, off64_t *to_offset,
                               size_t count, unsigned flags) {
  if (watched_at(to)) return failed(EXDEV);
  return kernel(SYS_copy_file_range, from, from_offset, to, to_offset, count, flags);
}

EXPORT int ioctl(int descriptor, unsigned long request, ...) {
  va_list more;
  va_start(more, request);
  void *argument = va_arg(more, void *);
  va_end(more);
  if (request == FICLONE && watched_at(descriptor)) return failed(EOPNOTSUPP);
  return kernel(SYS_ioctl, descriptor, request, argument);
}
