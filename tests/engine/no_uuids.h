// What almost is a UUID.
#pragma once

namespace pawl::tests {

inline constexpr const char* kNoUuids[] = {
    "",
    "no uuid",
    "0f0e0d0c0b0a49088706050403020100",
    "gf0e0d0c-0b0a-4908-8706-050403020100",
    "0f0e0d0c-0b0a-4908-8706-05040302010g",
    "0f0e0d0c-0b0a-49g8-8706-050403020100",
    "0f0e0d0-c0b0a-4908-8706-050403020100",
    "0f0e0d0c-0b0a04908-8706-050403020100",
    "0f0e0d0c-0b0a-490808706-050403020100",
    "0f0e0d0c-0b0a-4908-87060050403020100",
    "0f0e0d0c-0b0a-4908-8706-05040302010",
    "0f0e0d0c-0b0a-4908-8706-0504030201000",
};

}  // namespace pawl::tests
