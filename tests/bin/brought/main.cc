// A program that brings workflows of its own, beside one of pawl's that it may run as well.
#include "bin/worker_main.h"
#include "tests/bin/brought/greet_visitor.h"
#include "workflows/notify_sync_failure/registration.h"

int main(int argc, char** argv) {
  return pawl::bin::run_worker_main(argc, argv,
                                    {
                                        pawl::notify_sync_failure::registration,
                                        pawl::tests::greet_visitor,
                                        pawl::tests::note_visitor,
                                        pawl::tests::count_visitor,
                                    });
}
