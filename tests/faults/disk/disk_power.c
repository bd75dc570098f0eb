// Keeps before-images of what is not synced, and puts them back.
#define _GNU_SOURCE
#include "tests/faults/disk/disk_power.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR = 512, SECTORS_A_PAGE = 8 };

// A change of a directory that is not durable yet.
struct change {
  enum change_kind kind;
  char path[PATH_MAX];
  char from[PATH_MAX];    // of a rename
  char backup[PATH_MAX];  // a second link to what the path was before, or empty
};

static struct file** files;
static size_t file_count;
static struct change** changes;
static size_t change_count;
static int backup_count;

static void* grown(void* array, size_t count, size_t size) {
  void* larger = realloc(array, count * size);
  if (!larger) abort();
  return larger;
}

static void forget_images(struct file* file) {
  for (size_t s = 0; s < file->image_count; ++s) free(file->images[s].before);
  free(file->images);
  file->images = NULL;
  file->image_count = 0;
}

static int is_clean(const struct file* file) {
  for (size_t s = 0; s < file->image_count; ++s)
    if (file->images[s].before) return 0;
  return 1;
}

static struct file* record_of(const struct stat* status) {
  for (size_t i = 0; i < file_count; ++i)
    if (files[i]->device == status->st_dev && files[i]->inode == status->st_ino) return files[i];
  for (size_t i = 0; i < file_count; ++i)
    if (files[i]->opened == 0 && is_clean(files[i])) return *files[i]->path = 0, files[i];
  files = grown(files, file_count + 1, sizeof *files);
  return files[file_count++] = calloc(1, sizeof **files);
}

struct file* power_track(int fd, const char* path, int created) {
  struct stat status;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return NULL;
  struct file* file = record_of(&status);
  if (created || !*file->path) {  // an inode's number may be used again
    forget_images(file);
    file->device = status.st_dev;
    file->inode = status.st_ino;
    file->forgotten = 0;
    file->durable_size = created ? 0 : status.st_size;
    strncpy(file->path, path, PATH_MAX - 1);
  }
  ++file->opened;
  return file;
}

static void read_sector(int fd, unsigned char* sector, off_t at) {
  if (real.pread(fd, sector, SECTOR, at) >= 0) return;
  char name[40];  // opened for writing only
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  const int again = real.open(name, O_RDONLY | O_CLOEXEC);
  if (again < 0 || real.pread(again, sector, SECTOR, at) < 0) perror("disk_faults: keep a sector");
  if (again >= 0) real.close(again);
}

static void keep_sector(struct file* file, int fd, size_t sector) {
  if (sector >= file->image_count) {
    const size_t count = (sector + SECTORS_A_PAGE) * 2;
    file->images = grown(file->images, count, sizeof *file->images);
    memset(file->images + file->image_count, 0, (count - file->image_count) * sizeof *file->images);
    file->image_count = count;
  }
  if (file->images[sector].before) return;
  file->images[sector].before = calloc(1, SECTOR);
  const off_t at = (off_t)sector * SECTOR;
  if (at < file->durable_size) read_sector(fd, file->images[sector].before, at);
}

void power_changes(struct file* file, int fd, off_t offset, size_t size) {
  if (size == 0 || file->forgotten) return;
  const size_t first = (size_t)offset / SECTOR;
  const size_t last = ((size_t)offset + size - 1) / SECTOR;
  for (size_t sector = first; sector <= last; ++sector) keep_sector(file, fd, sector);
  const size_t end = (last / SECTORS_A_PAGE + 1) * SECTORS_A_PAGE;
  for (size_t s = first / SECTORS_A_PAGE * SECTORS_A_PAGE; s < end && s < file->image_count; ++s)
    file->images[s].lost = 0;  // the kernel's page is dirty again
}

void power_synced(struct file* file, int fd) {
  struct stat status;
  if (fstat(fd, &status) == 0) file->durable_size = status.st_size;
  for (size_t s = 0; s < file->image_count; ++s) {
    if (file->images[s].lost) continue;
    free(file->images[s].before);
    file->images[s].before = NULL;
  }
}

void power_sync_failed(struct file* file) {
  for (size_t s = 0; s < file->image_count; ++s) file->images[s].lost = file->images[s].before != NULL;
}

static void move_files(const char* from, const char* to) {
  for (size_t i = 0; i < file_count; ++i)
    if (strcmp(files[i]->path, from) == 0) strncpy(files[i]->path, to, PATH_MAX - 1);
}

void power_renamed(const char* from, const char* to) { move_files(from, to); }

// Keeps what the path names reachable until its disappearance is durable.
static void back_up(struct change* change) {
  struct stat status;
  if (real.lstat(change->path, &status) != 0) return;
  snprintf(change->backup, PATH_MAX, "%.*s.undo%d", PATH_MAX - 20, change->path, ++backup_count);
  if (link(change->path, change->backup) == 0)
    move_files(change->path, change->backup);
  else
    *change->backup = 0;
}

void power_change_directory(enum change_kind kind, const char* path, const char* from) {
  changes = grown(changes, change_count + 1, sizeof *changes);
  struct change* change = changes[change_count++] = calloc(1, sizeof *change);
  change->kind = kind;
  strncpy(change->path, path, PATH_MAX - 1);
  if (from) strncpy(change->from, from, PATH_MAX - 1);
  if (kind != CREATED) back_up(change);
}

static int is_in(const char* path, const char* directory) {
  const size_t size = strlen(directory);
  return strncmp(path, directory, size) == 0 && path[size] == '/' && !strchr(path + size + 1, '/');
}

// Making a file is durable too once its later name is.
static int was_renamed_durably(const char* path, const char* directory) {
  for (size_t i = 0; i < change_count; ++i)
    if (changes[i]->kind == RENAMED && is_in(changes[i]->path, directory) && strcmp(changes[i]->from, path) == 0)
      return 1;
  return 0;
}

static int is_durable(const struct change* change, const char* directory) {
  return is_in(change->path, directory) || (change->kind == CREATED && was_renamed_durably(change->path, directory));
}

void power_directory_synced(const char* directory) {
  char* const durable = calloc(change_count + 1, 1);
  for (size_t i = 0; i < change_count; ++i) durable[i] = (char)is_durable(changes[i], directory);
  size_t left = 0;
  for (size_t i = 0; i < change_count; ++i) {
    if (!durable[i]) {
      changes[left++] = changes[i];
      continue;
    }
    if (*changes[i]->backup) real.unlink(changes[i]->backup);
    free(changes[i]);
  }
  change_count = left;
  free(durable);
}

void power_tidy_up(void) {
  for (size_t i = 0; i < change_count; ++i)
    if (*changes[i]->backup) real.unlink(changes[i]->backup);
}

static unsigned seed_of_loss;
static int picks(void) { return rand_r(&seed_of_loss) / 64 % 2; }

// Torn: a page is kept or lost as a whole, or sector by sector.
static void set_back_sectors(const struct file* file, int fd, int torn) {
  int by_page = 0, keep = 0;
  for (size_t s = 0; s < file->image_count; ++s) {
    if (s % SECTORS_A_PAGE == 0) by_page = picks();
    if (s % SECTORS_A_PAGE == 0 || !by_page) keep = picks();
    if (!file->images[s].before || (torn && keep && !file->images[s].lost)) continue;
    if (real.pwrite(fd, file->images[s].before, SECTOR, (off_t)s * SECTOR) < 0) perror("disk_faults: set back");
  }
}

static void set_back(const struct file* file, int torn) {
  struct stat status;
  if (file->forgotten) return;
  const int fd = real.open(file->path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  if (fstat(fd, &status) == 0 && status.st_ino == file->inode) {
    const off_t size = torn && picks() ? status.st_size : file->durable_size;
    set_back_sectors(file, fd, torn);
    if (real.ftruncate(fd, size) != 0) perror("disk_faults: set back");
  }
  real.close(fd);
}

static void undo(const struct change* change) {
  if (change->kind == RENAMED) real.rename(change->path, change->from);
  if (change->kind == CREATED) real.unlink(change->path);
  if (*change->backup) real.rename(change->backup, change->path);
}

void power_lose(int torn, unsigned seed) {
  seed_of_loss = seed;
  for (size_t i = 0; i < file_count; ++i) set_back(files[i], torn);
  // A journal of the file system keeps changes in their order.
  const size_t kept = torn ? (size_t)(rand_r(&seed_of_loss) / 64) % (change_count + 1) : 0;
  for (size_t i = change_count; i > kept; --i) undo(changes[i - 1]);
  for (size_t i = 0; i < kept; ++i)
    if (*changes[i]->backup) real.unlink(changes[i]->backup);
  for (size_t i = 0; i < file_count; ++i)
    if (files[i]->forgotten) real.unlink(files[i]->path);
}
