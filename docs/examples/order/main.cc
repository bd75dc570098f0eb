// The worker: pawl's whole command line, over the shop's workflow.
#include <pawl/bin/worker_main.h>

#include "registration.h"

int main(int argc, char** argv) { return pawl::bin::run_worker_main(argc, argv, {shop::registration}); }
