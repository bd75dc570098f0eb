// The mail ledger in memory: its double, to test workflows that mail.
#pragma once

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "engine/authoring/errors.h"
#include "workflows/mail/ledger/mail_ledger.h"

namespace pawl::testing {

/// Keeps the contract of the real ledger: a row of a lost epoch stays as it is, a row found `sending` is cleared again
/// or held, and the id and date of a mail stay once a copy may exist. Knows of no two users that they share a mailbox.
struct MemoryLedger final : mail::MailLedger {
  struct Row {
    std::string state;
    std::string reply;
    int epoch = 0;
    std::string message_id{};
    engine::Timestamp date{};
    bool may_be_out = false;
  };
  using Key = std::tuple<std::string, std::string, std::string>;  ///< Event, step and recipient.

  std::map<Key, Row> rows;
  /// By user id; without one: `<user id>@example.com`, and of an address itself.
  std::map<std::string, std::string> emails;
  std::string full_name = "Olive Owner";
  std::map<std::string, std::string> time_zones;  ///< By user id; without one: none.
  std::set<std::string> demoted;
  std::vector<mail::LedgerRequest> asked;
  bool holds_in_doubt = false;
  int epoch = 1;
  engine::Timestamp now{std::chrono::hours{24 * 365}};
  int settle_throws = 0;          ///< So many calls of settle fail before any row is written.
  int refusals = 0;               ///< For the sake of `refused`.
  std::set<std::string> refused;  ///< Users whose verdicts no call of settle takes, nor any beside them.

  std::vector<mail::LedgerEntry> claim(std::span<const mail::LedgerRequest> requests) override {
    std::vector<mail::LedgerEntry> entries;
    for (const mail::LedgerRequest& request : requests) entries.push_back(claim(request));
    asked.insert(asked.end(), requests.begin(), requests.end());
    return entries;
  }

  void settle(std::span<const mail::LedgerVerdict> verdicts) override {
    if (settle_throws > 0) {
      --settle_throws;
      throw engine::UnavailableError("settle mail: the database does not answer");
    }
    for (const mail::LedgerVerdict& verdict : verdicts)
      if (refused.contains(verdict.recipient)) {
        ++refusals;
        throw std::runtime_error("settle mail: refused for " + verdict.recipient);
      }
    for (const mail::LedgerVerdict& verdict : verdicts) {
      const auto found = rows.find({verdict.effects_id, verdict.step, verdict.recipient});
      if (found == rows.end() || found->second.epoch != epoch || found->second.state != "sending") continue;
      Row& row = found->second;
      row.state = mail::to_string(verdict.state);
      row.reply = verdict.reply;
      row.may_be_out |= verdict.state == mail::LedgerState::kInDoubt;
    }
  }

  /// Of a recipient who is sent one mail.
  Row row(const std::string& recipient) const {
    for (const auto& [key, row] : rows)
      if (std::get<2>(key) == recipient) return row;
    return {};
  }

 private:
  mail::LedgerEntry claim(const mail::LedgerRequest& request) {
    if (demoted.contains(request.recipient)) return {mail::Clearance::kSuppressed, {}, {}, "no longer told"};
    Row& row = rows[{request.effects_id, request.step, request.recipient}];
    if (row.state == "accepted") return {mail::Clearance::kAccepted, {}, {}, row.reply};
    row.may_be_out |= row.state == "sending";
    if ((row.state == "sending" || row.state == "in_doubt") && holds_in_doubt) {
      if (row.state == "sending") row.reply = "interrupted before the reply was recorded";
      row.state = "in_doubt";
      return {mail::Clearance::kHeld, {}, {}, row.reply};
    }
    if (!row.may_be_out) {
      row.message_id = request.message_id;
      row.date = now;
    }
    row.state = "sending";
    row.epoch = epoch;
    const auto email = emails.find(request.recipient);
    const bool is_address = request.recipient.find('@') != std::string::npos;
    const std::string own = is_address ? request.recipient : request.recipient + "@example.com";
    const std::string address = email == emails.end() ? own : email->second;
    return {mail::Clearance::kCleared, address, full_name, {}, row.message_id, row.date, time_zones[request.recipient]};
  }
};

}  // namespace pawl::testing
