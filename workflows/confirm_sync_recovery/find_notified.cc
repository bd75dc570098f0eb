// Asks about all outages of a batch at once.
#include "workflows/confirm_sync_recovery/find_notified.h"

#include "workflows/confirm_sync_recovery/crash_points.h"

namespace pawl::confirm_sync_recovery {

using depositlink::Recipients;

FindNotified::FindNotified(NotifiedUsers& users, engine::StepOptions options)
    : Step("find-notified", options), users_(users) {}

void FindNotified::execute(engine::Batch<Outage, Recipients>& batch) {
  std::vector<Outage> outages;
  for (const auto& item : batch) outages.push_back(item.input());
  std::vector<Notified> notified = users_.notified_of(outages);
  std::size_t outage = 0;
  for (auto& item : batch) {
    Notified& found = notified.at(outage++);
    if (found.unfinished > 0) {
      item.retry(std::to_string(found.unfinished) +
                 " of the outage's failures may still be told: their runs have not"
                 " ended");
      continue;
    }
    depositlink::make_storable(found.recipients);
    item.succeed(std::move(found.recipients));
  }
  engine::crash_point(kAfterNotifiedFound);
}

}  // namespace pawl::confirm_sync_recovery
