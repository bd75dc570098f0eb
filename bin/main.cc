// The pawl binary: names the workflows of this build, a line each.
#include "bin/worker_main.h"
#include "workflows/confirm_sync_recovery/registration.h"
#include "workflows/notify_sync_failure/registration.h"

// What jemalloc reads when it starts; its environment variable MALLOC_CONF goes before it. Threads hand events on to
// each other, so that with eight arenas, as two cores would have, free memory of one is no use to the others: 16 MiB.
// Gain: with jemalloc, a fifth of the worker's CPU time.
extern "C" const char* malloc_conf;
const char* malloc_conf = "narenas:1";

int main(int argc, char** argv) {
  return pawl::bin::run_worker_main(argc, argv,
                                    {
                                        pawl::notify_sync_failure::registration,
                                        pawl::confirm_sync_recovery::registration,
                                    });
}
