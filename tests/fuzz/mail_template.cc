// Fuzzes a deployment's templates: each is refused by its file and line, or words a mail that outside text cannot
// steer.
#include <fstream>

#include "engine/authoring/errors.h"
#include "tests/fuzz/target.h"
#include "tests/temporary_directory.h"
#include "workflows/notify_sync_failure/content/mail_templates.h"

using namespace pawl;
using namespace pawl::notify_sync_failure;

namespace {

const std::string kMarkup = "<x-canary title=\"&\">";
const std::string kTag = "{{{error}}}{{#label}}";

Facts hostile_facts() {
  return {{.provider = kMarkup,
           .label = kTag + kMarkup,
           .integration = kTag + kMarkup,
           .organisation = kTag + kMarkup,
           .settings_link = "https://app.example.com/orgs/1?a=1&b=2",
           .connection_link = ""},
          kTag + kMarkup,
          "24 November 2026"};
}

void check(const std::string& part, const std::string& text) {
  static const tests::TemporaryDirectory directory;
  const std::string file = directory.path() + "/notify-sync-failure." + part + ".mustache";
  std::ofstream(file, std::ios::binary) << text;
  try {
    const MailTemplates templates(directory.path());
    const EmailContent content = templates.render(hostile_facts(), Brand("Brand " + kMarkup, "", "#1f5fbf"), {});
    if (!fuzz::holds(text, "<x-canary"))
      fuzz::require(!fuzz::holds(content.html, "<x-canary"), "outside text writes no HTML");
    const EmailContent again = templates.render(hostile_facts(), Brand("Brand " + kMarkup, "", "#1f5fbf"), {});
    fuzz::require(again.html + again.text + again.subject == content.html + content.text + content.subject,
                  "the same facts give the same bytes");
  } catch (const engine::RefusedError& error) {
    fuzz::require(fuzz::holds(error.what(), file), "what is refused is named by its file");
  }
  std::filesystem::remove(file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text = fuzz::Input(bytes, size).rest();
  for (const char* part : {"html", "text", "subject"}) check(part, text);
  return 0;
}
