// The step that finds whom to tell: one query for all organisations of a batch.
#pragma once

#include <string>

#include "engine/authoring/step.h"
#include "workflows/depositlink/ports/recipients.h"

namespace pawl::depositlink {

/// Its input is the organisation's id.
class ResolveRecipients final : public engine::Step<std::string, Recipients> {
 public:
  ResolveRecipients(RecipientDirectory& directory, engine::StepOptions options);
  std::string tenant(const std::string& org_id) const override { return org_id; }
  void execute(engine::Batch<std::string, Recipients>& batch) override;
  void check_service() override { directory_.check_access(); }

 private:
  RecipientDirectory& directory_;
};

}  // namespace pawl::depositlink
