// Words the facts for each channel.
#include "workflows/notify_sync_failure/content/content.h"

#include "workflows/text/joined_text.h"
#include "workflows/text/json_text.h"

namespace pawl::notify_sync_failure {

namespace {

using std::string;

string text_mail(const Facts& facts, const Brand& brand) {
  return depositlink::text_mail(
      facts, brand,
      {.happened = text::joined("The ", facts.integration, " integration of ", facts.organisation, " failed to sync."),
       .rows = text::joined("\nWhen:         ", facts.when),
       .body = text::joined("Error from ", facts.provider, ":\n", facts.error, "\n\nWhat to do:\n", kWhatToDo, "\n",
                            kUsualCauses),
       .because = "you are an owner or admin of"});
}

}  // namespace

InAppContent in_app_content(const SyncFailed& failure, const string& org_name, const AppUrl& app_url,
                            const text::TimeZone& zone) {
  const Facts facts = facts_of(failure, org_name, app_url, zone);
  return {.kind = "pms.sync_failed",
          .urgency = "urgent",
          .title = facts.integration + " sync failed",
          .body = text::joined(facts.integration, " failed to sync for ", facts.organisation, " on ", facts.when,
                               ".\n\nError from ", facts.provider, ":\n", facts.error, "\n\n", kWhatToDo, " ",
                               kUsualCauses),
          .link = facts.settings_link,
          .details = text::json_object({{"connection_id", failure.connection_id},
                                        {"error", failure.error_message},
                                        {"label", failure.label},
                                        {"occurred_at", failure.occurred_at},
                                        {"provider", failure.provider},
                                        {"sync_log_id", failure.sync_log_id}})};
}

EmailContent email_content(const SyncFailed& failure, const string& org_name, const AppUrl& app_url,
                           const text::TimeZone& zone, const EmailStyle& style) {
  const Facts facts = facts_of(failure, org_name, app_url, zone);
  EmailContent content{.subject = text::joined("[Urgent] ", facts.provider, " sync failed - ", facts.organisation),
                       .text = text_mail(facts, style.brand),
                       .html = html_mail(facts, style.brand)};
  return style.templates ? style.templates->render(facts, style.brand, std::move(content)) : content;
}

}  // namespace pawl::notify_sync_failure
