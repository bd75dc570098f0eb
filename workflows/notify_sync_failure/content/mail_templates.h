// Templates with which a deployment words its mails itself: Mustache, checked when they are read.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "workflows/depositlink/content/brand.h"
#include "workflows/depositlink/content/email_content.h"
#include "workflows/notify_sync_failure/content/facts.h"

namespace pawl::notify_sync_failure {

using depositlink::Brand;
using depositlink::EmailContent;

/// The same facts give the same bytes. Safe to call from several threads.
class MailTemplates {
 public:
  /// Reads `notify-sync-failure.subject.mustache`, `.text.mustache` and `.html.mustache` of the directory; a part
  /// without a file stays as built in. Throws engine::RefusedError naming file, line and tag when one cannot be used,
  /// or when there is none.
  explicit MailTemplates(const std::filesystem::path& directory);
  ~MailTemplates();

  /// Replaces those parts of `built_in` that there are templates for.
  EmailContent render(const Facts& facts, const Brand& brand, EmailContent built_in) const;

 private:
  class Template;
  std::unique_ptr<Template> subject_, text_, html_;
};

}  // namespace pawl::notify_sync_failure
