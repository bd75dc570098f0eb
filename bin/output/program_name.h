// What the program is called, and how what is said of its commands calls it.
#pragma once

#include <string>
#include <string_view>

namespace pawl::bin {

/// The name of pawl's own program, and of one whose own cannot be told.
inline constexpr const char* kPawl = "pawl";

/// The base name of argv[0] where that is a plain word of 64 bytes at most.
std::string program_name(int argc, const char* const* argv);

/// The text with the program's name in commands that are quoted as `pawl show`. What else is said of pawl stays.
std::string in_name_of(std::string_view program, std::string text);

/// The same in lines that are commands: each word `pawl` that arguments follow.
std::string commands_in_name_of(std::string_view program, std::string lines);

}  // namespace pawl::bin
