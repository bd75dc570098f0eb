// The two steps before and beside the mail: whom to tell, and the row in the application.
#include <catch2/catch.hpp>

#include "tests/workflows/notify_sync_failure/doubles.h"
#include "workflows/depositlink/create_in_app.h"
#include "workflows/depositlink/resolve_recipients.h"
#include "workflows/notify_sync_failure/failure_message.h"

using namespace pawl::notify_sync_failure;

namespace {

const std::string kOtherOrgId = "0a0c0000-0000-4000-8000-0000000000ff";
const std::string kOtherEventId = "0b0c0000-0000-4000-8000-0000000000ff";

struct InAppChannelFixture {
  MemoryDirectory directory;
  MemoryInbox inbox;
  ResolveRecipients resolve{directory, {}};
  CreateInApp create{inbox, {}};
  FailureWriter writer{AppUrl("https://app.example.com")};

  InAppRequest request(Recipients recipients) const {
    auto message = std::make_shared<const FailureMessage>(writer, shared(), recipients.org_name);
    return {kOrgId, std::move(recipients), std::move(message)};
  }
};

}  // namespace

TEST_CASE_METHOD(InAppChannelFixture,
                 "each failure of a batch gets the recipients of its own organisation, each asked for once") {
  directory.organisations[kOrgId] = {"Acme", {"adam", "olive"}};
  directory.organisations[kOtherOrgId] = {"Other", {"oscar"}};
  StepCall<std::string, Recipients> call(resolve);
  call.add(kOtherOrgId);
  call.add(kOrgId);
  call.add(kOtherOrgId);
  call.execute();
  CHECK(call.output(0).user_ids == std::vector<std::string>{"oscar"});
  CHECK(call.output(1).user_ids == std::vector<std::string>{"adam", "olive"});
  CHECK(call.output(2).org_name == "Other");
  CHECK(directory.asked == std::vector<std::string>{kOrgId, kOtherOrgId});
}

TEST_CASE_METHOD(InAppChannelFixture, "an organisation's name is made plain before it is checkpointed") {
  directory.organisations[kOrgId] = {"Acme\r\nBcc: x\xff \u202E" + std::string(500, 'y'), {"olive"}};
  StepCall<std::string, Recipients> call(resolve);
  call.add(kOrgId);
  call.execute();
  CHECK(call.output().org_name.starts_with("Acme Bcc: x\uFFFD yyy"));
  CHECK(call.output().org_name.size() < 130);
}

TEST_CASE_METHOD(InAppChannelFixture,
                 "accounts whose addresses spell one internationalised domain in several ways share a mailbox") {
  directory.organisations[kOrgId] = {
      "Acme",
      {"adam", "bea", "carl", "dora", "olive"},
      {},
      {"info@bücher.example", "INFO@xn--bcher-KVA.example", "info@BU\u0308CHER\u3002example.", "info@bucher.example",
       " info@xn--bcher-kva.example."}};
  StepCall<std::string, Recipients> call(resolve);
  call.add(kOrgId);
  call.execute();
  CHECK(call.output().shared_mailboxes == std::vector<std::vector<std::string>>{{"adam", "bea", "carl", "olive"}});
}

TEST_CASE_METHOD(InAppChannelFixture,
                 "the notification is urgent, of its kind, for its recipients, with title, body, link and details") {
  StepCall<InAppRequest, InAppReceipt> call(create);
  call.add(request({"Acme", {"adam", "olive"}}));
  call.execute();
  REQUIRE(inbox.posted.size() == 1);
  const Notification& posted = inbox.posted[0];
  CHECK(posted.effects_id == kEventId);
  CHECK(posted.org_id == kOrgId);
  CHECK(posted.kind == "pms.sync_failed");
  CHECK(posted.urgency == "urgent");
  CHECK(posted.user_ids == std::vector<std::string>{"adam", "olive"});
  CHECK_THAT(posted.title, Catch::Contains("Reapit"));
  CHECK_THAT(posted.body, Catch::Contains("Acme") && Catch::Contains("revoked"));
  CHECK(posted.link == "https://app.example.com/orgs/" + kOrgId + "/settings/integrations");
  CHECK(nlohmann::json::parse(posted.data).at("provider") == "Reapit");
  CHECK(call.output().rows == 2);
}

TEST_CASE_METHOD(InAppChannelFixture,
                 "without recipients create-in-app succeeds with no row and leaves the inbox alone") {
  StepCall<InAppRequest, InAppReceipt> call(create);
  call.add(request({}));
  call.execute();
  CHECK(call.output().rows == 0);
  CHECK(inbox.calls == 0);
}

TEST_CASE_METHOD(InAppChannelFixture, "a batch is one post, and each item gets the count of its own rows") {
  StepCall<InAppRequest, InAppReceipt> call(create);
  call.add(request({"Acme", {"adam", "olive"}}));
  call.add(request({}), kOtherEventId);
  call.add(request({"Acme", {"olive"}}), kOtherEventId);
  call.execute();
  CHECK(inbox.calls == 1);
  CHECK(call.output(0).rows == 2);
  CHECK(call.output(1).rows == 0);
  CHECK(call.output(2).rows == 1);
  CHECK(inbox.posted[1].effects_id == kOtherEventId);
}

TEST_CASE_METHOD(InAppChannelFixture, "what may have been posted before says so") {
  StepCall<InAppRequest, InAppReceipt> call(create);
  for (const auto& event : fresh_redelivered_and_resumed()) call.add(request({"Acme", {"olive"}}), event);
  call.execute();
  REQUIRE(inbox.posted.size() == 3);
  CHECK_FALSE(inbox.posted[0].again);
  CHECK(inbox.posted[1].again);
  CHECK(inbox.posted[2].again);
}
