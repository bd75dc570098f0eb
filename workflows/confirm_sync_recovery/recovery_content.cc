// Words the facts for each channel.
#include "workflows/confirm_sync_recovery/recovery_content.h"

#include <algorithm>

#include "workflows/depositlink/content/html_page.h"
#include "workflows/text/joined_text.h"
#include "workflows/text/json_text.h"
#include "workflows/text/readable_duration.h"
#include "workflows/text/utc_time.h"

namespace pawl::confirm_sync_recovery {

namespace {

using depositlink::EmailContent;
using depositlink::InAppContent;
using depositlink::Style;
using std::string;
using text::joined;

constexpr const char* kNothingToDo = "Nothing is left to do.";
constexpr const char* kBecause = "you were told that it had failed, as an owner or admin of";

struct Facts : depositlink::ConnectionFacts {
  string since;  ///< In the reader's time zone, as is `until`.
  string until;
  string duration;
};

Facts facts_of(const SyncRecovered& recovery, const string& org_name, const Style& style, const text::TimeZone& zone) {
  const auto failed = text::parse_rfc3339(recovery.failed_at).value_or(engine::Timestamp{});
  const auto recovered = text::parse_rfc3339(recovery.recovered_at).value_or(engine::Timestamp{});
  return {depositlink::connection_facts({recovery.org_id, recovery.connection_id, recovery.provider, recovery.label},
                                        org_name, style.app_url),
          zone.readable(failed), zone.readable(recovered),
          text::readable_duration(std::max(recovered - failed, engine::Duration{0}))};
}

string text_mail(const Facts& facts, const depositlink::Brand& brand) {
  return depositlink::text_mail(
      facts, brand,
      {.happened = joined("The ", facts.integration, " integration of ", facts.organisation, " syncs again."),
       .rows =
           joined("\nFailed since: ", facts.since, "\nSynced again: ", facts.until, "\nDown for:     ", facts.duration),
       .body = kNothingToDo,
       .because = kBecause});
}

string html_mail(const Facts& facts, const depositlink::Brand& brand) {
  return depositlink::html_page(
      facts, brand,
      {.happened = "syncs again",
       .preheader = joined("syncs again, after ", facts.duration, "."),
       .rows = joined(depositlink::html_row("Failed since", depositlink::html_escaped(facts.since)),
                      depositlink::html_row("Synced again", depositlink::html_escaped(facts.until)),
                      depositlink::html_row("Down for", facts.duration)),
       .body = depositlink::html_paragraph(kNothingToDo),
       .because = kBecause});
}

}  // namespace

InAppContent in_app_content(const SyncRecovered& recovery, const string& org_name, const Style& style) {
  const Facts facts = facts_of(recovery, org_name, style, style.time_zone);
  return {.kind = "pms.sync_recovered",
          .urgency = "normal",
          .title = facts.integration + " syncs again",
          .body = joined(facts.integration, " syncs again for ", facts.organisation, ", since ", facts.until,
                         ".\n\nIt had failed since ", facts.since, ", for ", facts.duration, ".\n\n", kNothingToDo),
          .link = facts.settings_link,
          .details = text::json_object({{"connection_id", recovery.connection_id},
                                        {"failed_at", recovery.failed_at},
                                        {"label", recovery.label},
                                        {"provider", recovery.provider},
                                        {"recovered_at", recovery.recovered_at}})};
}

EmailContent email_content(const SyncRecovered& recovery, const string& org_name, const Style& style,
                           const text::TimeZone& zone) {
  const Facts facts = facts_of(recovery, org_name, style, zone);
  return {.subject = joined(facts.provider, " syncs again - ", facts.organisation),
          .text = text_mail(facts, style.brand),
          .html = html_mail(facts, style.brand)};
}

void RecoveryMessage::draft(mail::Message& message, const string& time_zone) const {
  const text::TimeZone zone = depositlink::zone_of(time_zone, style_.time_zone);
  depositlink::fill(message, email_content(*recovery_, org_name_, style_, zone), recovery_->connection_id);
}

}  // namespace pawl::confirm_sync_recovery
