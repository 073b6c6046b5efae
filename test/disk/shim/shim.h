/*
 * A library for LD_PRELOAD that stands between a process and its disk. `watch.ts` compiles it and
 * sets the environment that it reads.
 *
 *   names.c, opens.c, writes.c, copies.c, syncs.c   the functions of libc that it replaces
 *   files.c    which descriptors and paths lie below the watched directory
 *   rules.c    which calls fail, and how much room there is
 *   log.c      the record of what took effect, in that order
 *
 * Everything that concerns the watched directory happens under one mutex, together with its record,
 * so that the log has the order in which things took effect. Only a sync does not hold it: that it
 * began and that it ended are two records, and what other threads do meanwhile stands between them.
 * Thus whoever acknowledges before the sync has ended is seen to.
 *
 * Nothing is really synced, as no power is lost: that it was asked for is what counts. What a process
 * writes through a shared map is not seen; that it has such a map is.
 */
#ifndef CONFER_DISK_SHIM_H
#define CONFER_DISK_SHIM_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* The same numbers are in log.ts. */
enum record {
  RECORD_OPEN = 1,
  RECORD_WRITE,
  RECORD_RESIZE,
  RECORD_SYNC_START,
  RECORD_SYNC_END,
  RECORD_RENAME,
  RECORD_LINK,
  RECORD_UNLINK,
  RECORD_MKDIR,
  RECORD_RMDIR,
  RECORD_STDOUT,
  RECORD_MAP,
  RECORD_FAILED,
};

enum { OPEN_CREATED = 1, OPEN_TRUNCATED = 2, OPEN_DIRECTORY = 4 };

/* The kinds of calls that a rule can name, in the order of CALLS in faults.ts. */
enum call {
  CALL_WRITE,
  CALL_META,
  CALL_SYNC,
  CALL_OPEN,
  CALL_CREATE,
  CALL_RENAME,
  CALL_LINK,
  CALL_UNLINK,
  CALL_TRUNCATE,
  CALL_MKDIR,
};

/* What a descriptor below the watched directory stands for. */
struct watched {
  uint32_t serial; /* never 0, never the same twice in a process */
  bool is_synchronous;
  bool appends;
  char path[PATH_MAX]; /* relative to the watched directory; empty for the directory itself */
};

/* What a rule says about a call. */
enum verdict {
  VERDICT_GO,
  VERDICT_FAIL,  /* with errno, and without effect */
  VERDICT_LATE,  /* takes effect, and then fails with errno */
  VERDICT_SHORT, /* half of the bytes */
};

#define EXPORT __attribute__((visibility("default")))

/* start.c */
typedef long kernel_call(long number, ...);
kernel_call *kernel_entry(void);
/* The real syscall(), for all that the shim itself wants of the kernel. */
#define kernel (kernel_entry())
void lock(void);
void unlock(void); /* keeps errno */
long failed(int error); /* sets errno, is -1 */
int64_t next_sync(void);
void wait_for_disk(void);

/* log.c */
struct entry {
  enum record kind;
  uint32_t serial;
  uint32_t flags;
  int32_t error;
  int64_t a;
  int64_t b;
  const char *path;
  const char *other;
  const struct iovec *data;
  int parts;
  size_t bytes;
};
void log_open(const char *path);
void log_entry(const struct entry *entry);
void log_failed(enum call call, const char *path, int error);

/* files.c */
extern char root[PATH_MAX];
enum where {
  NOWHERE, /* not even its directory is there */
  ELSEWHERE,
  BELOW_ROOT,
};
enum where where_is(int directory, const char *path, char *relative);
struct watched *watched_at(int descriptor);
struct watched *watch(int descriptor, const char *relative, int flags);
void unwatch(int descriptor);

/* rules.c */
void rules_read(const char *rules, const char *armed, const char *room_bytes);
enum verdict judge(enum call call, const char *path, int *error);
size_t room_for(int descriptor, int64_t offset, size_t bytes);
int64_t room_held_by(const char *path);
void room_freed(int64_t bytes);

#endif
