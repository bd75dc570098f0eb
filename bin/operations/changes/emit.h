// An event by hand: looked at as its workflows will look at it, then written.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/authoring/workflow.h"
#include "storage/outbox/operators/event_admin.h"
#include "storage/postgres/address.h"

namespace pawl::bin {

struct EmitOrder {
  storage::NewEvent event;
  bool unchecked = false;  ///< Nobody is asked whether a workflow takes it.
};
struct Emitted {
  std::string event_id;
  std::vector<std::string> unknown;  ///< Workflows of the type that this build does not have: nobody asked them.
};

/// Throws engine::RefusedError where no workflow of the database takes the type, with the one that may have been meant,
/// and where one of the build would refuse the payload, with every problem; the error names the order that asks nobody.
Emitted emit(const storage::PostgresAddress& postgres, std::span<const engine::WorkflowDefinition> build,
             const EmitOrder& order);

}  // namespace pawl::bin
