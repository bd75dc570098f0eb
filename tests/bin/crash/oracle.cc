// What must hold when a scenario is over.
#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>

#include "storage/checkpoints/reader.h"
#include "tests/bin/crash/world.h"

namespace pawl::bin {

namespace {

std::string message_id(const nlohmann::json& mail) {
  for (const auto& header : mail["headers"])
    if (header[0] == "Message-ID") return header[1];
  return "a mail without Message-ID";
}

}  // namespace

void CrashWorld::check(bool holds, const std::string& sentence) {
  if (!holds) violations_.push_back(sentence);
}

std::vector<std::string> CrashWorld::violations() {
  check_outbox();
  check_notifications();
  check_mails();
  check_stores();
  return violations_;
}

void CrashWorld::check_outbox() {
  const std::string events = std::to_string(events_);
  const std::string held = scenario_.hold ? " or reason like '%in doubt%'" : "";
  check(count("pawl.outbox") == "0", "I1: " + count("pawl.outbox") + " events are left in the outbox");
  const std::string done = count("pawl.v1_events where status = 'done'" + held);
  check(done == events, "I1: " + done + " of " + events + " events are done");
  for (const auto& row : database_.exec("select event_id, reason from pawl.v1_events where status = 'failed'"))
    check(scenario_.hold, "I6: event " + row[0] + " failed: " + row[1]);
}

void CrashWorld::check_notifications() {
  const std::string rows = count("notifications");
  check(rows == std::to_string(2 * events_),
        "I1: " + rows + " notifications for " + std::to_string(events_) + " events");
  check(count("(select from notifications group by event_id, user_id having count(*) > 1) twice") == "0",
        "I2: a user has two notifications of one event");
  const std::string strangers = count(
      "notifications n where not exists (select from org_members m where m.org_id = n.org_id"
      " and m.user_id = n.user_id and m.role in ('owner', 'admin'))");
  check(strangers == "0", "I5: " + strangers + " notifications are for nobody who is to be told");
  const std::string reset =
      count("kept.marks m left join notifications n using (id) where n.read_at is distinct from '2001-01-01'");
  check(reset == "0", "P4: " + reset + " notifications that were read are unread or gone");
}

void CrashWorld::check_mails() {
  std::map<std::string, std::vector<std::string>> copies;
  for (const auto& mail : smtp_.received()) copies[message_id(mail)].push_back(mail["raw"].get<std::string>());
  const auto ledger = database_.exec("select message_id, state, in_doubt_count, run_id from pawl.v1_emails");
  check(ledger.size() == static_cast<std::size_t>(2 * events_),
        "I1: the ledger has " + std::to_string(ledger.size()) + " mails for " + std::to_string(events_) + " events");
  for (const auto& row : ledger) {
    const std::vector<std::string> raw = copies[row[0]];
    copies.erase(row[0]);
    const int again = static_cast<int>(raw.size()) - 1;
    const bool held = scenario_.hold && row[1] == "in_doubt";
    check(row[1] == "accepted" || held, "I1: mail " + row[0] + " is " + row[1]);
    check(again >= 0 || held || row[3] == resumed_, "I1: mail " + row[0] + " was never received");
    check(again <= std::stoi(row[2]),
          "I3: " + std::to_string(again) + " more copies of " + row[0] + " than one, and " + row[2] + " in doubt");
    check(again <= 0 || !scenario_.hold, "P5: a mail that was to be held came twice: " + row[0]);
    for (const std::string& copy : raw) check(copy == raw.front(), "I3: copies of " + row[0] + " differ");
    if (row[3] == resumed_) check(raw.empty(), "I4: a mail that was sent before the resume was sent again");
    toll_.copies += std::max(again, 0);
    toll_.in_doubt += std::stoi(row[2]);
  }
  for (const auto& [unknown, raw] : copies)
    check(past_messages_.contains(unknown), "I1: a mail that the ledger does not know: " + unknown);
}

void CrashWorld::check_stores() {
  for (const char* store : {"a", "b"}) {
    if (!std::filesystem::exists(path(store))) continue;
    const std::string integrity = SQLite::Database(path(store)).execAndGet("pragma integrity_check").getString();
    check(integrity == "ok", "store " + std::string(store) + ": " + integrity);
    const storage::CheckpointReader reader(path(store));
    for (const auto& row : reader.query("select run_id, why, reason from v1_waiting").rows)
      check(false, "I1: store " + std::string(store) + " still has run " + row[0].value_or("") + ": " +
                       row[1].value_or("") + " " + row[2].value_or(""));
  }
}

}  // namespace pawl::bin
