// What examples of the help name.
#include "bin/settings/examples.h"

#include <catch2/catch.hpp>

using pawl::bin::Examples;

TEST_CASE("an example names the workflow, the step and the settings of the program that shows it") {
  const Examples shop{.program = "order-worker",
                      .settings = "PAWL_PAYMENTS_URL=https://payments.example.com ",
                      .workflow = "fulfil-order",
                      .step = "send-receipt",
                      .mails = true};
  CHECK(shop.in("  pawl cancel --workflow {workflow}\n  pawl rerun 1 --from {step}   with {mail}") ==
        "  order-worker cancel --workflow fulfil-order\n  order-worker rerun 1 --from send-receipt   with mail");
  CHECK(shop.in("  {settings}pawl worker   do it") ==
        "  PAWL_PAYMENTS_URL=https://payments.example.com \\\n    order-worker worker   do it");
}

TEST_CASE("an example of a workflow, a step or mail is left out where there is none") {
  const Examples none{.program = "pawl"};
  CHECK(
      none.in("  pawl cancel --workflow {workflow}\n  pawl waiting --step {step}\n  pawl top\n  {settings}pawl worker\n"
              "  pawl worker   with {mail}") == "  pawl top\n  pawl worker");
}
