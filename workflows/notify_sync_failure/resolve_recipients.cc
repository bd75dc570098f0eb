// Asks the directory once for each organisation of the batch, however many of its connections failed.
#include "workflows/notify_sync_failure/resolve_recipients.h"

#include <algorithm>

#include "engine/crash_point.h"
#include "workflows/notify_sync_failure/json_text.h"
#include "workflows/notify_sync_failure/safe_text.h"

namespace pawl::notify_sync_failure {

namespace {

constexpr std::size_t kOrgNameMax = 120;

}  // namespace

std::string to_checkpoint(const Recipients& recipients) {
  std::string json = "{\"org_name\":";
  append_json_text(json, recipients.org_name);
  json += ",\"user_ids\":[";
  for (const std::string& id : recipients.user_ids) {
    if (&id != &recipients.user_ids.front()) json += ',';
    append_json_text(json, id);
  }
  return json += "]}";
}

ResolveRecipients::ResolveRecipients(RecipientDirectory& directory, engine::StepOptions options)
    : Step("resolve-recipients", options), directory_(directory) {}

void ResolveRecipients::execute(engine::Batch<std::string, Recipients>& batch) {
  std::vector<std::string> org_ids;
  for (const auto& item : batch) org_ids.push_back(item.input());
  std::sort(org_ids.begin(), org_ids.end());
  org_ids.erase(std::unique(org_ids.begin(), org_ids.end()), org_ids.end());

  std::vector<Recipients> found = directory_.owners_and_admins(org_ids);
  for (Recipients& recipients : found) recipients.org_name = safe_line(recipients.org_name, kOrgNameMax);
  for (auto& item : batch) {
    const auto org = std::lower_bound(org_ids.begin(), org_ids.end(), item.input());
    item.succeed(found.at(static_cast<std::size_t>(org - org_ids.begin())));
  }
  engine::crash_point(engine::CrashPoint::kAfterResolve);
}

}  // namespace pawl::notify_sync_failure
