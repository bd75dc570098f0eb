// A faulty disk for one process: preload this library (LD_PRELOAD), and files under one prefix fail as they are told
// to.
//
// Environment of the process:
//   PAWL_DISK_PREFIX   Absolute path. Files whose absolute path begins with it are on the faulty disk, all others are
//                      not touched. `/tmp/x/checkpoints.db` covers the file with its -wal, -shm, .lock and .new.
//   PAWL_DISK_CONTROL  A file with one word, read at each call on the disk, so that it may be changed at any time:
//                        ok            works
//                        enospc        every write fails; of a page, the first half is written before
//                        enospc-grow   only writes that make a file longer or new fail
//                        short         every write of more than a byte writes only half
//                        eio-write     writing and truncating fail
//                        eio-fsync     fsync and fdatasync fail; what was to be synced is then never durable, even if
//                                      a later fsync succeeds, unless it is written again (as on Linux)
//                        lie           fsync and fdatasync succeed and make nothing durable
//                        eio-read      reading fails
//                        eio-open      opening and stat fail
//                        read-only     opening for writing fails, as on a file system mounted so
//                        forbidden     opening fails, as for a user without rights
//                        lose          power is lost at the next call
//                      With `-once` appended the word stands for one fault and the library then writes `ok` itself.
//                      No file, or an unknown word: works.
//   PAWL_DISK_LOSE_AT  N, from 1: power is lost at the Nth point. Points are each write, truncate, create, rename and
//                      unlink on the disk (before it), and each fsync twice: before it, and when it is done but nobody
//                      knows yet.
//   PAWL_DISK_TORN     A seed: power loss keeps a random part of what was not synced, sector by sector, and of the
//                      directory changes the older ones. Without it, exactly what was synced is kept.
//   PAWL_DISK_FIRED    A file; each fault that fired is appended as a line `WORD PATH`.
//
// Power loss ends the process with SIGKILL after the files were set back: a write is kept once its file was fsynced, a
// create, rename or unlink once the directory was; shared memory (-shm) is deleted. What an earlier process left behind
// counts as durable. Only what SQLite and pawl use is intercepted. Paths must be given absolute.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/faults/disk/disk_power.h"

enum { DESCRIPTORS = 65536, HALVED = 4096 };

struct real_calls real;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *prefix, *control, *fired, *torn;
static long point, lose_at;
static struct file* open_files[DESCRIPTORS];

#define FIND(name) *(void**)&real.name = dlsym(RTLD_NEXT, #name)

static void init(void) {
  FIND(open), FIND(close), FIND(read), FIND(write), FIND(pread), FIND(pwrite);
  FIND(ftruncate), FIND(fsync), FIND(unlink), FIND(rename), FIND(stat), FIND(lstat), FIND(statvfs);
  prefix = getenv("PAWL_DISK_PREFIX");
  control = getenv("PAWL_DISK_CONTROL");
  fired = getenv("PAWL_DISK_FIRED");
  torn = getenv("PAWL_DISK_TORN");
  if (getenv("PAWL_DISK_LOSE_AT")) lose_at = atol(getenv("PAWL_DISK_LOSE_AT"));
}

static void enter(void) {
  pthread_once(&once, init);
  pthread_mutex_lock(&lock);
}
static ssize_t leave(ssize_t result) {
  const int saved = errno;
  pthread_mutex_unlock(&lock);
  errno = saved;
  return result;
}
static ssize_t fail(int error) {
  errno = error;
  return -1;
}

__attribute__((destructor)) static void tidy_up(void) {
  if (real.unlink) power_tidy_up();
}

static int on_disk(const char* path) { return prefix && *prefix && strncmp(path, prefix, strlen(prefix)) == 0; }
static int ends_with(const char* path, const char* end) {
  return strlen(path) >= strlen(end) && strcmp(path + strlen(path) - strlen(end), end) == 0;
}
static struct file* file_of(int fd) { return fd >= 0 && fd < DESCRIPTORS ? open_files[fd] : NULL; }

// Which faults there are.

static void note(const char* word, const char* path) {
  if (!fired) return;
  const int fd = real.open(fired, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  char line[PATH_MAX + 40];
  const int size = snprintf(line, sizeof line, "%s %s\n", word, path);
  if (fd < 0 || real.write(fd, line, (size_t)size) < 0) perror("disk_faults: note");
  if (fd >= 0) real.close(fd);
}

static void all_is_well(void) {
  const int fd = real.open(control, O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd < 0 || real.write(fd, "ok\n", 3) < 0) perror("disk_faults: control");
  if (fd >= 0) real.close(fd);
}

// True if the control file asks for this fault now.
static int faulty(const char* wanted, const char* path) {
  char word[40] = "";
  const int fd = control ? real.open(control, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return 0;
  const ssize_t size = real.read(fd, word, sizeof word - 1);
  real.close(fd);
  word[size > 0 ? size : 0] = 0;
  word[strcspn(word, " \r\n")] = 0;
  const int only_once = ends_with(word, "-once");
  if (only_once) word[strlen(word) - strlen("-once")] = 0;
  if (strcmp(word, wanted) != 0) return 0;
  note(wanted, path);
  if (only_once) all_is_well();
  return 1;
}

static void maybe_lose(const char* path) {
  if (++point != lose_at && !faulty("lose", path)) return;
  note("lost", path);
  power_lose(torn != NULL, torn ? (unsigned)atol(torn) : 0);
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// How much of a write happens; negative: it fails with that errno.
static ssize_t allowed(const struct file* file, int fd, size_t size, off_t offset) {
  struct stat status;
  const int grows = fstat(fd, &status) == 0 && offset + (off_t)size > status.st_size;
  if (faulty("eio-write", file->path)) return -EIO;
  if (grows && faulty("enospc-grow", file->path)) return -ENOSPC;
  if (faulty("enospc", file->path)) return size >= HALVED ? (ssize_t)size / 2 : -ENOSPC;
  if (size > 1 && faulty("short", file->path)) return (ssize_t)size / 2;
  return (ssize_t)size;
}

// What is intercepted.

static int open_on_disk(const char* path, int flags, mode_t mode) {
  struct stat status;
  const int is_new = (flags & O_CREAT) && real.lstat(path, &status) != 0;
  const int forgotten = ends_with(path, "-shm");
  if (faulty("eio-open", path)) return (int)fail(EIO);
  if (faulty("forbidden", path)) return (int)fail(EACCES);
  if ((flags & (O_WRONLY | O_RDWR)) && faulty("read-only", path)) return (int)fail(EROFS);
  if (is_new && (faulty("enospc", path) || faulty("enospc-grow", path))) return (int)fail(ENOSPC);
  if (is_new && !forgotten) maybe_lose(path);
  const int fd = real.open(path, flags, mode);
  if (fd < 0 || fd >= DESCRIPTORS) return fd;
  if ((open_files[fd] = power_track(fd, path, is_new))) open_files[fd]->forgotten = forgotten;
  if (is_new && !forgotten) power_change_directory(CREATED, path, NULL);
  return fd;
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
  va_end(more);
  pthread_once(&once, init);
  if (!on_disk(path)) return real.open(path, flags, mode);
  enter();
  const int fd = (int)leave(open_on_disk(path, flags & ~O_TRUNC, mode));
  if (fd < 0 || !(flags & O_TRUNC) || ftruncate64(fd, 0) == 0) return fd;
  const int saved = errno;
  close(fd);
  return (int)fail(saved);
}
int open(const char* path, int flags, ...) __attribute__((alias("open64")));

int close(int fd) {
  enter();
  if (file_of(fd)) --open_files[fd]->opened;
  if (fd >= 0 && fd < DESCRIPTORS) open_files[fd] = NULL;
  return (int)leave(real.close(fd));
}

ssize_t pread64(int fd, void* buffer, size_t size, off_t offset) {
  enter();
  if (file_of(fd) && faulty("eio-read", file_of(fd)->path)) return leave(fail(EIO));
  return leave(real.pread(fd, buffer, size, offset));
}
ssize_t pread(int, void*, size_t, off_t) __attribute__((alias("pread64")));

// read and write of other files may block: not under the lock

ssize_t read(int fd, void* buffer, size_t size) {
  pthread_once(&once, init);
  if (!file_of(fd)) return real.read(fd, buffer, size);
  enter();
  if (faulty("eio-read", file_of(fd)->path)) return leave(fail(EIO));
  return leave(real.read(fd, buffer, size));
}

static ssize_t write_on_disk(struct file* file, int fd, const void* buffer, size_t size, off_t offset) {
  if (!file->forgotten) maybe_lose(file->path);
  const ssize_t part = allowed(file, fd, size, offset);
  if (part < 0) return fail((int)-part);
  power_changes(file, fd, offset, (size_t)part);
  return real.pwrite(fd, buffer, (size_t)part, offset);
}

ssize_t pwrite64(int fd, const void* buffer, size_t size, off_t offset) {
  enter();
  if (!file_of(fd)) return leave(real.pwrite(fd, buffer, size, offset));
  return leave(write_on_disk(file_of(fd), fd, buffer, size, offset));
}
ssize_t pwrite(int, const void*, size_t, off_t) __attribute__((alias("pwrite64")));

ssize_t write(int fd, const void* buffer, size_t size) {
  pthread_once(&once, init);
  if (!file_of(fd)) return real.write(fd, buffer, size);
  enter();
  const off_t at = lseek(fd, 0, SEEK_CUR);
  const ssize_t written = write_on_disk(file_of(fd), fd, buffer, size, at);
  if (written > 0) lseek(fd, at + written, SEEK_SET);
  return leave(written);
}

int ftruncate64(int fd, off_t size) {
  enter();
  struct file* const file = file_of(fd);
  struct stat status;
  if (!file) return (int)leave(real.ftruncate(fd, size));
  if (!file->forgotten) maybe_lose(file->path);
  if (faulty("eio-write", file->path)) return (int)leave(fail(EIO));
  if (fstat(fd, &status) == 0 && status.st_size > size) power_changes(file, fd, size, (size_t)(status.st_size - size));
  return (int)leave(real.ftruncate(fd, size));
}
int ftruncate(int, off_t) __attribute__((alias("ftruncate64")));

// The directory's path, if the disk has or may have files in it.
static int is_directory_of_disk(int fd, char* directory) {
  char name[40];
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  const ssize_t size = prefix ? readlink(name, directory, PATH_MAX - 1) : 0;
  if (size <= 0) return 0;
  directory[size] = 0;
  const char* const last = strrchr(prefix, '/');
  const int above = last && last - prefix == size && strncmp(prefix, directory, (size_t)size) == 0;
  return above || on_disk(directory);
}

int fsync(int fd) {
  enter();
  struct file* const file = file_of(fd);
  char directory[PATH_MAX] = "";
  if (!file && !is_directory_of_disk(fd, directory)) return (int)leave(real.fsync(fd));
  const char* const path = file ? file->path : directory;
  maybe_lose(path);
  if (faulty("eio-fsync", path)) {
    if (file) power_sync_failed(file);
    return (int)leave(fail(EIO));
  }
  if (!faulty("lie", path)) {
    if (file)
      power_synced(file, fd);
    else
      power_directory_synced(directory);
  }
  maybe_lose(path);
  return (int)leave(0);  // the power that is lost is this library's: the kernel's fsync would only cost time
}
int fdatasync(int fd) __attribute__((alias("fsync")));

int unlink(const char* path) {
  enter();
  struct stat status;
  if (!on_disk(path) || ends_with(path, "-shm") || real.lstat(path, &status) != 0) return (int)leave(real.unlink(path));
  maybe_lose(path);
  power_change_directory(UNLINKED, path, NULL);
  return (int)leave(real.unlink(path));
}

int rename(const char* from, const char* to) {
  enter();
  if (!on_disk(from) || !on_disk(to)) return (int)leave(real.rename(from, to));
  maybe_lose(to);
  power_change_directory(RENAMED, to, from);
  const int result = real.rename(from, to);
  if (result == 0) power_renamed(from, to);
  return (int)leave(result);
}

int stat(const char* path, struct stat* status) {
  enter();
  if (on_disk(path) && faulty("eio-open", path)) return (int)leave(fail(EIO));
  return (int)leave(real.stat(path, status));
}
int stat64(const char*, struct stat64*) __attribute__((alias("stat")));

int lstat(const char* path, struct stat* status) {
  enter();
  if (on_disk(path) && faulty("eio-open", path)) return (int)leave(fail(EIO));
  return (int)leave(real.lstat(path, status));
}
int lstat64(const char*, struct stat64*) __attribute__((alias("lstat")));

// A full disk says of itself that it has no room.
int statvfs(const char* path, struct statvfs* room) {
  enter();
  const int result = real.statvfs(path, room);
  const int of_disk = prefix && *prefix && strncmp(prefix, path, strlen(path)) == 0;
  if (result == 0 && of_disk && faulty("enospc", path)) room->f_bfree = room->f_bavail = 0;
  return (int)leave(result);
}
int statvfs64(const char*, struct statvfs64*) __attribute__((alias("statvfs")));
