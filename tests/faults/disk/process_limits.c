// A system that gives a process only so much: preload this library (LD_PRELOAD).
//
// PAWL_FILES_MAX     The soft limit of file descriptors (RLIMIT_NOFILE) from its start; a test may raise it by prlimit.
// PAWL_THREADS_MAX   After so many successful calls pthread_create fails with EAGAIN. (RLIMIT_NPROC counts all
// processes
//                    of the user, and does not bind root.)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>

static atomic_int created;

__attribute__((constructor)) static void limit_files(void) {
  struct rlimit limit;
  const char* most = getenv("PAWL_FILES_MAX");
  if (!most || getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = (rlim_t)atoi(most);
  setrlimit(RLIMIT_NOFILE, &limit);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*), void* argument) {
  int (*real)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  *(void**)&real = dlsym(RTLD_NEXT, "pthread_create");
  const char* most = getenv("PAWL_THREADS_MAX");
  if (most && atomic_fetch_add(&created, 1) >= atoi(most)) return EAGAIN;
  return real(thread, attributes, start, argument);
}
