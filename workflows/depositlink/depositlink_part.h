// The application as a part of a worker that several workflows use: its people, its notifications, its look.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "workflows/depositlink/channels.h"
#include "workflows/depositlink/content/style.h"
#include "workflows/depositlink/ports/recipients.h"
#include "workflows/mail/mail_part.h"
#include "workflows/module/part.h"

namespace pawl::depositlink {

/// What events of connections are about, as the triggers name it.
inline constexpr const char* kConnection = "pms_connection";

class DepositLinkPart final : public workflow::SharedPart {
 public:
  /// Mails by this part, which is open before it is.
  explicit DepositLinkPart(workflow::Parts& parts);
  ~DepositLinkPart() override;

  std::string name() const override { return "depositlink"; }
  std::vector<workflow::SharedPart*> uses() const override { return {&mail_}; }
  std::vector<workflow::Setting> settings() override;
  storage::MigrationLines migrations() const override;
  std::vector<engine::CrashPlace> crash_places() const override;
  void open(const workflow::WorkerContext& worker) override;
  void check_access() override;

  /// As the settings make it. Throws engine::RefusedError for one that cannot be used.
  Style style() const { return style_of(style_); }
  /// The same before whoever runs a worker has said where the application is: links lead to an example.
  Style sample_style() const;

  /// Only once open.
  Channels& channels();
  RecipientDirectory& recipients();

 private:
  struct Adapters;

  mail::MailPart& mail_;
  StyleSettings style_;
  std::unique_ptr<Adapters> adapters_;
};

}  // namespace pawl::depositlink
