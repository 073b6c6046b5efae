/* The log: one record for each thing that took effect, appended with a single write. */
#include "shim.h"

static int log_descriptor = -1;

struct header {
  uint32_t length; /* of the whole record */
  uint32_t kind;
  uint32_t process;
  uint32_t serial;
  uint32_t flags;
  int32_t error;
  int64_t a;
  int64_t b;
  uint32_t path_length;
  uint32_t other_length;
};

void log_open(const char *path) {
  log_descriptor = kernel(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

void log_entry(const struct entry *entry) {
  if (log_descriptor < 0) return;
  struct header header = {
      .kind = entry->kind,
      .process = getpid(),
      .serial = entry->serial,
      .flags = entry->flags,
      .error = entry->error,
      .a = entry->a,
      .b = entry->b,
      .path_length = entry->path ? strlen(entry->path) : 0,
      .other_length = entry->other ? strlen(entry->other) : 0,
  };
  /* Data may come in many parts, of which only the first bytes may have been taken. */
  size_t length = sizeof header + header.path_length + header.other_length + entry->bytes;
  char *record = malloc(length);
  if (!record) abort();
  header.length = length;
  char *at = record;
  memcpy(at, &header, sizeof header);
  at += sizeof header;
  if (header.path_length) memcpy(at, entry->path, header.path_length);
  at += header.path_length;
  if (header.other_length) memcpy(at, entry->other, header.other_length);
  at += header.other_length;
  size_t left = entry->bytes;
  for (int i = 0; i < entry->parts && left > 0; i++) {
    size_t part = entry->data[i].iov_len < left ? entry->data[i].iov_len : left;
    memcpy(at, entry->data[i].iov_base, part);
    at += part;
    left -= part;
  }
  /* A log with a gap would lie about the disk: rather no process. */
  if (kernel(SYS_write, log_descriptor, record, length) != (long)length) abort();
  free(record);
}

void log_failed(enum call call, const char *path, int error) {
  log_entry(&(struct entry){.kind = RECORD_FAILED, .flags = call, .error = error, .path = path});
}
