// Finds the values in Kubernetes Secrets, whatever their names are.
#pragma once

#include <vector>

#include "workflows/redaction/reading/folded_text.h"

namespace pawl::redaction {

/// The values below `data` and `stringData` of every document that has `kind: Secret`, in YAML and in JSON.
std::vector<Range> values_of_secret_manifests(const FoldedText& text);

}  // namespace pawl::redaction
