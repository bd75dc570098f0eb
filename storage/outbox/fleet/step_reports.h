// Shows in Postgres which steps of a worker do not move.
#pragma once

#include <cstdint>
#include <span>

#include "engine/ports/step_report.h"
#include "storage/postgres/connection.h"

namespace pawl::storage {

/// Replaces what the epoch has reported, in one statement. Throws engine::LeaseLostError once the epoch is over.
void write_step_reports(PostgresConnection& connection, std::int64_t epoch, std::span<const engine::StepReport> steps,
                        engine::Timestamp now);

}  // namespace pawl::storage
