// The places where a test kills the process around the sending of a mail and its records in the ledger.
#pragma once

#include <array>

#include "engine/faults/crash_point.h"

namespace pawl::mail {

inline constexpr engine::CrashPlace kBeforeMailClaimed{"before-mail-claimed",
                                                       "the ledger knows nothing of this attempt"};
inline constexpr engine::CrashPlace kAfterMailClaimed{"after-mail-claimed",
                                                      "the ledger says `sending`; no byte has left"};
inline constexpr engine::CrashPlace kBeforeMail{"before-mail", "mails are cleared and written; none is handed over"};
inline constexpr engine::CrashPlace kAfterMail354{"after-mail-354",
                                                  "the relay wants the message; no byte of it has left"};
inline constexpr engine::CrashPlace kMailHandedOver{"mail-handed-over",
                                                    "the whole mail has left; no reply to its final dot was read"};
inline constexpr engine::CrashPlace kAfterMail250{"after-mail-250",
                                                  "the relay has the mail; the ledger says `sending`"};
inline constexpr engine::CrashPlace kBeforeMailRecorded{"before-mail-recorded",
                                                        "the outcome is known to the step alone"};
inline constexpr engine::CrashPlace kBeforeMailSettled{"before-mail-settled",
                                                       "the outcome is about to go to the ledger"};
inline constexpr engine::CrashPlace kAfterMailSettled{"after-mail-settled",
                                                      "the ledger has the outcome; the step does not know"};
inline constexpr engine::CrashPlace kAfterMailRecorded{"after-mail-recorded",
                                                       "the ledger has the outcome; no checkpoint says so"};
inline constexpr engine::CrashPlace kBeforeResolved{"before-resolved", "the ledger has mails in doubt"};
inline constexpr engine::CrashPlace kAfterResolved{
    "after-resolved", "the ledger has the operator's word, the run is resumed; whoever resolved it was told nothing"};

/// Of a worker, in the order in which a mail meets them.
inline constexpr std::array kCrashPlaces{kBeforeMailClaimed, kAfterMailClaimed, kBeforeMail,         kAfterMail354,
                                         kMailHandedOver,    kAfterMail250,     kBeforeMailRecorded, kBeforeMailSettled,
                                         kAfterMailSettled,  kAfterMailRecorded};
/// Of `in-doubt resolve`.
inline constexpr std::array kResolveCrashPlaces{kBeforeResolved, kAfterResolved};

}  // namespace pawl::mail
