// What `status`, `doctor` and `top` print of a status: a screen for people, typed JSON for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <ostream>

#include "bin/operations/health/status.h"
#include "workflows/redaction/own_secrets.h"

namespace pawl::bin {

void print_status(std::ostream& out, const Status& status, const redaction::OwnSecrets& secrets);
/// Problems first, each with why it matters and what to do; one line when there are none.
void print_findings(std::ostream& out, const Findings& findings, const redaction::OwnSecrets& secrets);

/// Numbers are numbers, and what is not known is null.
nlohmann::ordered_json status_json(const Status& status, const redaction::OwnSecrets& secrets);
nlohmann::ordered_json findings_json(const Findings& findings, const redaction::OwnSecrets& secrets);

}  // namespace pawl::bin
