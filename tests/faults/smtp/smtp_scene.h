// A worker that mails through a relay which fails as it is told: each case is an organisation with one owner.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/bin/worker/job.h"

namespace pawl::tests {

/// Run it under pg_virtualenv. Timeouts are seconds, so that a relay's silence is over soon; retries come each second.
struct SmtpScene : bin::Job {
  explicit SmtpScene(const std::vector<std::string>& smtp_options = {}) : bin::Job(smtp_options) {}

  /// The relay's URL with short timeouts.
  std::string url(const std::string& user = "", int final_timeout = 5) const {
    return smtp.url(user) + "&login-timeout=3&reply-timeout=5&final-timeout=" + std::to_string(final_timeout);
  }
  std::unique_ptr<bin::PawlProcess> start(bin::Environment more = {}) {
    bin::Environment settings{{"PAWL_MAIL", url()},
                              {"PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL", "first=1s,longest=1s,attempts=0,for=1h"}};
    for (const auto& [name, value] : more) settings[name] = value;
    return std::make_unique<bin::PawlProcess>(std::vector<std::string>{"worker"}, environment(settings));
  }

  /// An organisation of that name whose owner alone is told, and a failed sync of it. Its mail goes to
  /// owner@NAME.example, unless another address is given.
  void fail_sync_of(const std::string& name, const std::string& address = "") {
    const Organisation made(database, name);
    database.exec("update org_members set role = 'member' where user_id = $1::uuid", {made.admin});
    if (!address.empty()) database.exec("update users set email = $1 where id = $2::uuid", {address, made.owner});
    made.fail_sync();
  }
  std::string event_of(const std::string& name) {
    return database.value(
        "select e.event_id from pawl.v1_events e join organisations o on o.id = (e.payload ->> 'org_id')::uuid"
        " where o.slug = $1",
        {name});
  }
  /// `state attempts in_doubt_count run-status`, and `none` before the first claim.
  std::string mail_of(const std::string& name) {
    const auto rows = database.exec(
        "select m.state || ' ' || m.attempts || ' ' || m.in_doubt_count || ' ' || e.status from pawl.v1_emails m"
        " join users u on u.id = m.user_id join pawl.v1_events e using (run_id) where u.email = $1",
        {"owner@" + name + ".example"});
    return rows.empty() ? "none" : rows[0][0];
  }
  std::string reply_of(const std::string& name) {
    const auto rows = database.exec(
        "select coalesce(m.reply, '') from pawl.v1_emails m"
        " join users u on u.id = m.user_id where u.email = $1",
        {"owner@" + name + ".example"});
    return rows.empty() ? "" : rows[0][0];
  }
  bool replied(const std::string& name, const std::string& part) {
    return reply_of(name).find(part) != std::string::npos;
  }
  bool eventually_is(const std::string& name, const std::string& mail) {
    return bin::eventually([&] { return mail_of(name) == mail; });
  }
  std::size_t shown_to(const std::string& name) {
    return std::stoul(
        database.value("select count(*) from notifications n join users u on u.id = n.user_id"
                       " where u.email = $1",
                       {"owner@" + name + ".example"}));
  }
  /// What the relay took for it, byte by byte.
  std::vector<std::string> copies_for(const std::string& name) const {
    std::vector<std::string> copies;
    for (const auto& mail : smtp.received())
      if (mail["to"].get<std::string>().find("owner@" + name + ".example") != std::string::npos)
        copies.push_back(mail["raw"]);
    return copies;
  }
  /// Attempts of send-email that backed off or failed, those that were refused included, by the checkpoint file.
  std::string attempts_burnt() const {
    return pawl({"sql", "select count(*) from v1_attempts where step = 'send-email'", "-o", "ids"}).out;
  }
  void stop(bin::PawlProcess& worker) const {
    worker.signal(SIGTERM);
    if (worker.wait() != 0) throw std::runtime_error("the worker did not drain; it wrote:\n" + worker.err());
  }
};

}  // namespace pawl::tests
