// What the two channels say of a recovery, and that nothing in it can break out of its place.
#include "workflows/confirm_sync_recovery/recovery_content.h"

#include <catch2/catch.hpp>

#include "tests/workflows/confirm_sync_recovery/doubles.h"
#include "workflows/mail/send_mail.h"

using namespace pawl::confirm_sync_recovery;
using namespace pawl::depositlink;
using Catch::Contains;

namespace {

const std::string kLink = "https://app.example.com/orgs/" + kOrgId + "/settings/integrations";

struct RecoveryContentFixture {
  SyncRecovered recovery = sample_recovery();
  StyleSettings settings{.app_url = "https://app.example.com"};

  EmailContent email() const {
    const Style style = style_of(settings);
    return email_content(recovery, "Acme Lettings", style, style.time_zone);
  }
  InAppContent in_app() const { return in_app_content(recovery, "Acme Lettings", style_of(settings)); }
};

void check_facts(const std::string& channel) {
  INFO(channel);
  CHECK_THAT(channel, Contains("Head office") && Contains("Acme Lettings") && Contains("syncs again"));
  CHECK_THAT(channel, Contains("24 November 2026, 03:00 UTC") && Contains("27 November 2026, 05:10 UTC"));
  CHECK_THAT(channel, Contains("3 days, 2 hours") && Contains(kLink) && Contains("Nothing is left to do."));
}

}  // namespace

TEST_CASE_METHOD(RecoveryContentFixture,
                 "the notification, the text and the HTML say since when and for how long it had failed") {
  check_facts(in_app().title + "\n" + in_app().body + "\n" + in_app().link);
  check_facts(email().text);
  check_facts(email().html);
  CHECK(email().subject == "Reapit syncs again - Acme Lettings");
}

TEST_CASE_METHOD(RecoveryContentFixture, "the notification is of a kind of its own and not urgent") {
  CHECK(in_app().kind == "pms.sync_recovered");
  CHECK(in_app().urgency == "normal");
  const nlohmann::json expected = {{"connection_id", recovery.connection_id},
                                   {"provider", "Reapit"},
                                   {"label", "Head office"},
                                   {"failed_at", "2026-11-24T03:00:00Z"},
                                   {"recovered_at", "2026-11-27T05:10:00Z"}};
  CHECK(nlohmann::json::parse(in_app().details) == expected);
}

TEST_CASE_METHOD(RecoveryContentFixture, "the text of the mail, word for word") {
  settings.connection_url = "https://app.example.com/c/{connection_id}";
  settings.brand_name = "DepositLink";
  CHECK(email().text ==
        "The Reapit (Head office) integration of Acme Lettings syncs again.\n\n"
        "Integration:  Reapit (Head office)\nOrganisation: Acme Lettings\n"
        "Failed since: 24 November 2026, 03:00 UTC\nSynced again: 27 November 2026, 05:10 UTC\n"
        "Down for:     3 days, 2 hours\n\nNothing is left to do.\n\n" +
            kLink + "\nThis connection: https://app.example.com/c/" + recovery.connection_id +
            "\n\nYou receive this from DepositLink because you were told that it had failed, as an owner or admin of "
            "Acme Lettings.\n");
}

TEST_CASE_METHOD(RecoveryContentFixture,
                 "the page is the one that the mail of the failure has: light and dark, brand and button") {
  settings.brand_name = "DepositLink";
  settings.brand_color = "#7a0019";
  CHECK_THAT(email().html, Contains("prefers-color-scheme: dark") && Contains(">DepositLink</bdi></p>\n<h1") &&
                               Contains("background:#7a0019;color:#ffffff") &&
                               Contains("<title>Reapit syncs again</title>"));
}

TEST_CASE_METHOD(RecoveryContentFixture, "markup from outside is shown as it is and does nothing") {
  recovery.provider = "<script>x</script>";
  recovery.label = "\"><img src=x>";
  CHECK_THAT(email().html, !Contains("<script>") && !Contains("<img") && Contains("&lt;script&gt;x&lt;/script&gt;") &&
                               Contains("&lt;img src=x&gt;"));
}

TEST_CASE_METHOD(RecoveryContentFixture, "an outage of no time is less than a minute") {
  recovery.recovered_at = recovery.failed_at;
  CHECK_THAT(email().text, Contains("Down for:     less than a minute"));
}

TEST_CASE_METHOD(RecoveryContentFixture,
                 "the mail is in its connection's thread, sent by no person, of no importance") {
  const Style style = style_of(settings);
  const RecoveryMessage content(style, std::make_shared<const SyncRecovered>(recovery), "Acme Lettings");
  pawl::mail::Message message;
  pawl::mail::sign(message, {"alerts@depositlink.example", "DepositLink"});
  content.draft(message, "Australia/Sydney");
  CHECK(message.thread_id == pawl::mail::thread_id(recovery.connection_id, "depositlink.example"));
  REQUIRE(message.extra_fields.size() == 2);
  CHECK(message.extra_fields[0].name == "Auto-Submitted");
  CHECK(message.extra_fields[1].name == "X-Auto-Response-Suppress");
  CHECK_THAT(message.text.lines, Contains("24 November 2026, 14:00 AEDT"));
}
