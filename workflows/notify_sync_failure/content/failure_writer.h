// Turns a failure into what is said of it: the same whenever it is written.
#pragma once

#include <string>

#include "workflows/mail/message/message.h"
#include "workflows/notify_sync_failure/content/content.h"
#include "workflows/notify_sync_failure/payload/sync_failed.h"

namespace pawl::notify_sync_failure {

class FailureWriter {
 public:
  explicit FailureWriter(AppUrl app_url, EmailStyle style = {});

  /// Writes into a signed message what all recipients of a failure in one time zone are sent. An empty zone is the
  /// deployment's, an unknown one UTC.
  void draft(mail::Message& message, const SyncFailed& failure, const std::string& org_name,
             const std::string& time_zone = {}) const;
  InAppContent in_app(const SyncFailed& failure, const std::string& org_name) const;

 private:
  AppUrl app_url_;
  EmailStyle style_;
};

}  // namespace pawl::notify_sync_failure
