/* How it starts, and what everything shares. */
#include "shim.h"
#include <dlfcn.h>
#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static useconds_t sync_us;
static int64_t syncs;

kernel_call *kernel_entry(void) {
  static kernel_call *real;
  if (!real) real = (kernel_call *)dlsym(RTLD_NEXT, "syscall");
  return real;
}

__attribute__((constructor)) static void start(void) {
  const char *directory = getenv("FAULTY_DISK_DIRECTORY");
  const char *log = getenv("FAULTY_DISK_LOG");
  const char *delay = getenv("FAULTY_DISK_SYNC_US");
  if (!directory) return;
  if (delay) sync_us = atol(delay);
  if (log) log_open(log);
  rules_read(getenv("FAULTY_DISK_RULES"), getenv("FAULTY_DISK_ARMED"), getenv("FAULTY_DISK_ROOM"));
  char real[PATH_MAX];
  if (realpath(directory, real)) strcpy(root, real);
}

void lock(void) { pthread_mutex_lock(&mutex); }

void unlock(void) {
  int before = errno;
  pthread_mutex_unlock(&mutex);
  errno = before;
}

long failed(int error) {
  errno = error;
  return -1;
}

int64_t next_sync(void) { return ++syncs; }

void wait_for_disk(void) {
  if (sync_us) usleep(sync_us);
}
