// The version, which CMake gives.
#pragma once

namespace pawl::bin {

inline constexpr const char* kVersion = PAWL_VERSION;

}  // namespace pawl::bin
