// Which connection takes the next mail, and when the relay is down, without a network and without a clock.
#include "workflows/mail/smtp/pool.h"

#include <catch2/catch.hpp>

using namespace pawl::mail;
using namespace std::chrono_literals;

namespace {

constexpr SmtpPool::Time kNow{1000h};

SmtpEnding accepted() {
  SmtpEnding ending;
  ending.ok = ending.kept = true;
  ending.phase = SmtpPhase::kFinalDot;
  ending.reply = {250, "250 ok"};
  return ending;
}

SmtpEnding ended(SmtpPhase phase, SmtpReply reply) {
  SmtpEnding ending;
  ending.phase = phase;
  ending.reply = std::move(reply);
  ending.error = "failed";
  return ending;
}

SmtpEnding no_login() { return ended(SmtpPhase::kLogin, {}); }
SmtpEnding dropped() { return ended(SmtpPhase::kRcpt, {}); }

// Borrows and logs in.
std::size_t working(SmtpPool& pool) {
  const std::size_t connection = pool.borrow(kNow).value();
  pool.logged_in(connection);
  return connection;
}

Delivery send(SmtpPool& pool, const SmtpEnding& ending) {
  const std::size_t connection = pool.borrow(kNow).value();
  if (ending.phase != SmtpPhase::kLogin) pool.logged_in(connection);
  return pool.give_back(connection, ending, kNow).value().delivery;
}

}  // namespace

TEST_CASE("while nobody is logged in, one connection tries and all others wait for it") {
  SmtpPool pool(8);
  const auto first = pool.borrow(kNow);
  REQUIRE(first);
  CHECK_FALSE(pool.borrow(kNow));
  CHECK(pool.logged_in(*first));
  CHECK(pool.borrow(kNow));
  CHECK(pool.borrow(kNow));
}

TEST_CASE("a relay that nobody can log in to is an outage for all who wait, and the next may try at once") {
  SmtpPool pool(8);
  CHECK(pool.outages() == 0);
  CHECK(send(pool, no_login()) == Delivery::kRelayDown);
  CHECK(pool.outages() == 1);
  CHECK(pool.outage().delivery == Delivery::kRelayDown);
  CHECK_FALSE(pool.outage().reply.empty());
  CHECK(pool.borrow(kNow));
}

TEST_CASE("a refused login is tried by nobody for a while, unless somebody has logged in since") {
  SmtpPool pool(8);
  CHECK_FALSE(pool.login_was_refused(kNow));
  CHECK(send(pool, no_login()) == Delivery::kRelayDown);
  CHECK_FALSE(pool.login_was_refused(kNow));
  SmtpEnding refused = ended(SmtpPhase::kLogin, {535, "535 5.7.8 wrong"});
  refused.tried_login = true;
  CHECK(send(pool, refused) == Delivery::kLoginRefused);
  CHECK(pool.login_was_refused(kNow + SmtpPool::kNoLoginFor - 1s));
  CHECK_FALSE(pool.login_was_refused(kNow + SmtpPool::kNoLoginFor));
  working(pool);
  CHECK_FALSE(pool.login_was_refused(kNow));
}

TEST_CASE("each connection is lent to one at a time, an open one before a closed one") {
  SmtpPool pool(2);
  const std::size_t first = working(pool);
  const std::size_t second = working(pool);
  CHECK(first != second);
  CHECK_FALSE(pool.borrow(kNow));
  CHECK(pool.give_back(second, accepted(), kNow)->delivery == Delivery::kAccepted);
  CHECK(pool.borrow(kNow) == second);
  CHECK_FALSE(pool.logged_in(second));
}

TEST_CASE("a login refused beside one that works costs its mail nothing and shrinks the pool for a while") {
  SmtpPool pool(8);
  const std::size_t first = working(pool);
  const std::size_t second = pool.borrow(kNow).value();
  CHECK_FALSE(pool.give_back(second, no_login(), kNow));
  CHECK(pool.outages() == 0);
  CHECK_FALSE(pool.borrow(kNow));
  REQUIRE(pool.grows_at() == kNow + SmtpPool::kShrunkFor);
  pool.give_back(first, accepted(), kNow);
  CHECK(pool.borrow(kNow) == first);
  CHECK(pool.borrow(kNow + SmtpPool::kShrunkFor));
  CHECK_FALSE(pool.grows_at());
}

TEST_CASE("a relay that goes away takes each open connection with it, and the last one makes it an outage") {
  SmtpPool pool(3);
  const std::size_t first = working(pool);
  const std::size_t second = working(pool);
  pool.give_back(first, accepted(), kNow);
  pool.give_back(second, accepted(), kNow);
  CHECK_FALSE(pool.give_back(pool.borrow(kNow).value(), no_login(), kNow));
  CHECK(send(pool, no_login()) == Delivery::kRelayDown);
  CHECK(pool.outages() == 1);
  CHECK_FALSE(pool.grows_at());
}

TEST_CASE("a connection that a refused mail has left in order carries the next one without a login") {
  SmtpPool pool(1);
  SmtpEnding refused = ended(SmtpPhase::kRcpt, {550, "550 5.1.1 gone"});
  refused.kept = true;
  CHECK(send(pool, refused) == Delivery::kRejected);
  CHECK_FALSE(pool.logged_in(pool.borrow(kNow).value()));
}

TEST_CASE("after a connection has died one logs in at a time, until one of them has succeeded") {
  SmtpPool pool(8);
  const std::size_t first = working(pool);
  const std::size_t second = working(pool);
  CHECK(pool.give_back(second, dropped(), kNow)->delivery == Delivery::kDeferred);
  const std::size_t third = pool.borrow(kNow).value();
  CHECK_FALSE(pool.borrow(kNow));
  CHECK(pool.logged_in(third));
  CHECK(pool.borrow(kNow));
  CHECK(pool.borrow(kNow));
  pool.give_back(first, accepted(), kNow);
}

TEST_CASE("a login that we broke off ourselves says nothing about the relay") {
  SmtpPool pool(2);
  SmtpEnding interrupted = no_login();
  interrupted.interrupted = true;
  CHECK(send(pool, interrupted) == Delivery::kDeferred);
  CHECK(pool.outages() == 0);
  CHECK_FALSE(pool.grows_at());
}
