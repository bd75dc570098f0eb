// Turns settings into the workflows' options.
#include "bin/worker/workflows.h"

#include "bin/settings/command_error.h"
#include "bin/settings/retry_setting.h"
#include "engine/authoring/errors.h"

namespace pawl::bin {

notify_sync_failure::SyncFailureOptions sync_failure_options(const Settings& settings) {
  notify_sync_failure::SyncFailureOptions options;
  options.app_url = settings.app_url;
  options.connection_url = settings.connection_url;
  options.time_zone = settings.time_zone;
  options.brand_name = settings.brand_name;
  options.brand_logo_url = settings.brand_logo_url;
  options.brand_color = settings.brand_color;
  options.mail_templates = settings.mail_templates;
  options.sender = {.address = settings.mail_from,
                    .name = settings.mail_from_name,
                    .reply_to = settings.reply_to,
                    .envelope_from = settings.mail_envelope_from};
  const auto apply = [](engine::StepOptions& step, const std::string& text) {
    step.retry = with_retry_setting(step.retry, text);
  };
  apply(options.resolve_recipients, settings.retry_resolve_recipients);
  apply(options.create_in_app, settings.retry_create_in_app);
  apply(options.send_email, settings.retry_send_email);
  return options;
}

Workflows::Workflows(const notify_sync_failure::SyncFailurePorts& ports, const Settings& settings) {
  const notify_sync_failure::SyncFailureOptions options = sync_failure_options(settings);
  try {
    sync_failure_ = std::make_unique<notify_sync_failure::SyncFailureSteps>(ports, options);
  } catch (const engine::RefusedError& error) {
    throw UsageError(std::string("worker is not configured: ") + error.what());
  }
  definitions_.push_back(notify_sync_failure::definition(*sync_failure_));
}

}  // namespace pawl::bin
