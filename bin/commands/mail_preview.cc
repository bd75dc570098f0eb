// Words the mail by the very code that a worker words it with.
#include "bin/commands/mail_preview.h"

#include "bin/settings/command_error.h"
#include "bin/worker/workflows.h"
#include "engine/authoring/errors.h"
#include "workflows/notify_sync_failure/content/content.h"
#include "workflows/redaction/safe_text.h"

namespace pawl::bin {

namespace {

using namespace notify_sync_failure;

constexpr const char* kSample =
    R"({"org_id": "0a0c0000-0000-4000-8000-000000000002", "connection_id": "0c0c0000-0000-4000-8000-000000000003",)"
    R"( "sync_log_id": "0d0c0000-0000-4000-8000-000000000004", "provider": "reapit", "label": "Head office",)"
    R"( "error_message": "401 Unauthorized: the refresh token has been revoked",)"
    R"( "occurred_at": "2026-11-24T03:00:00Z"})";
constexpr std::size_t kOrganisationMax = 120;

SyncFailed failure_of(const std::string& payload) {
  engine::Event event;
  event.type = kEventType;
  event.payload = payload.empty() ? kSample : payload;
  return SyncFailedReader().read(event);
}

}  // namespace

std::string preview_mail(const Settings& settings, const PreviewRequest& request) try {
  const SyncFailureOptions options = sync_failure_options(settings);
  const std::string app_url = options.app_url.empty() ? "https://app.example.com" : options.app_url;
  const EmailStyle style = email_style(options);
  const EmailContent mail =
      email_content(failure_of(request.payload), redaction::safe_line(request.organisation, kOrganisationMax),
                    AppUrl(app_url, options.connection_url), style.time_zone, style);
  switch (request.part) {
    case MailPart::kSubject:
      return mail.subject;
    case MailPart::kText:
      return mail.text;
    case MailPart::kHtml:
      return mail.html;
  }
  return {};
} catch (const engine::RefusedError& error) {
  throw UsageError(std::string("cannot preview the mail: ") + error.what());
} catch (const engine::PermanentError& error) {
  throw UsageError(std::string("cannot preview the mail: --data: ") + error.what());
}

}  // namespace pawl::bin
