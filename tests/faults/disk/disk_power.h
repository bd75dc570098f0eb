// What a loss of power takes back of the files on the faulty disk: everything that was not synced.
#pragma once

#include <limits.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

// The system's own calls, below the intercepted ones.
struct real_calls {
  int (*open)(const char*, int, ...);
  int (*close)(int);
  ssize_t (*read)(int, void*, size_t);
  ssize_t (*write)(int, const void*, size_t);
  ssize_t (*pread)(int, void*, size_t, off_t);
  ssize_t (*pwrite)(int, const void*, size_t, off_t);
  int (*ftruncate)(int, off_t);
  int (*fsync)(int);
  int (*unlink)(const char*);
  int (*rename)(const char*, const char*);
  int (*stat)(const char*, struct stat*);
  int (*lstat)(const char*, struct stat*);
  int (*statvfs)(const char*, struct statvfs*);
};
extern struct real_calls real;

struct image {
  unsigned char* before;  // the sector when it was last synced; null: unchanged since
  int lost;               // its fsync failed: no later fsync makes it durable
};

struct file {
  dev_t device;
  ino_t inode;
  char path[PATH_MAX];
  int opened;     // descriptors
  int forgotten;  // shared memory: gone after a loss of power, whatever is synced
  off_t durable_size;
  struct image* images;  // by sector
  size_t image_count;
};

enum change_kind { CREATED, RENAMED, UNLINKED };

// All of these want the caller to hold one lock.

// The open file's record; a new one counts what is in the file as durable, unless the file was made just now.
struct file* power_track(int fd, const char* path, int created);
// This part of the file is about to change.
void power_changes(struct file* file, int fd, off_t offset, size_t size);
void power_synced(struct file* file, int fd);
void power_sync_failed(struct file* file);
// Call them before unlink and before rename, and after a file was made.
void power_change_directory(enum change_kind kind, const char* path, const char* from);
void power_renamed(const char* from, const char* to);
void power_directory_synced(const char* directory);
// Removes what was kept for a loss that did not come.
void power_tidy_up(void);
// Sets files and directories back; without `torn` exactly to what was synced.
void power_lose(int torn, unsigned seed);
