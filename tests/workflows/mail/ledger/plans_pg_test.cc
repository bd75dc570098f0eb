// What a listing of mails reads of a ledger that grows without end.
#include <catch2/catch.hpp>

#include "tests/storage/outbox/long_history.h"
#include "workflows/mail/ledger/in_doubt_mails.h"

using namespace pawl;
using namespace pawl::tests;

TEST_CASE_METHOD(LongHistory, "mails in doubt are listed by indexes") {
  CHECK(scanned("email_deliveries", [&] { CHECK(mail::mails_in_doubt(conninfo).size() == 2); }) == 0);
}
