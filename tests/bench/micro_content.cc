// What one event costs in text: reading its payload, and writing what people see.
#include <benchmark/benchmark.h>

#include "tests/workflows/notify_sync_failure/doubles.h"
#include "workflows/mail/message/sender.h"
#include "workflows/notify_sync_failure/content/content.h"
#include "workflows/notify_sync_failure/failure_message.h"
#include "workflows/text/base64.h"

namespace {

using namespace pawl::notify_sync_failure;
namespace mail = pawl::mail;

const std::string kOrganisation = "Acme Lettings";

const mail::Sender kSender = {"bench@pawl.example", "pawl"};

mail::Message drafted(const FailureMessage& content) {
  mail::Message message;
  mail::sign(message, kSender);
  content.draft(message, {});
  return message;
}

// Two take turns, since the reader remembers the last payload: it is parsed once for both questions, as in a worker.
void read_payload(benchmark::State& state) {
  auto payload = sample_payload();
  const auto one = event_of(payload.dump());
  payload["label"] = "Branch office";
  const auto other = event_of(payload.dump());
  SyncFailedReader reader;
  for (bool turn = false; auto _ : state) {
    const auto& event = (turn = !turn) ? one : other;
    benchmark::DoNotOptimize(reader.to_keep(event.payload));
    benchmark::DoNotOptimize(reader.read(event));
  }
}
BENCHMARK(read_payload)->Name("parse, redact and keep a payload [event]");

void write_in_app(benchmark::State& state) {
  const AppUrl app_url("https://app.example");
  const SyncFailed failure = sample_failure();
  for (auto _ : state) benchmark::DoNotOptimize(in_app_content(failure, kOrganisation, app_url));
}
BENCHMARK(write_in_app)->Name("write an in-app notification");

void draft_mail(benchmark::State& state) {
  const FailureWriter writer(AppUrl("https://app.example"));
  const FailureMessage content(writer, shared(), kOrganisation);
  for (auto _ : state) benchmark::DoNotOptimize(drafted(content));
}
BENCHMARK(draft_mail)->Name("draft the mail of a failure [event]");

void address_mail(benchmark::State& state) {
  const FailureWriter writer(AppUrl("https://app.example"));
  const FailureMessage content(writer, shared(), kOrganisation);
  mail::Message draft = drafted(content);
  const mail::Reader reader{
      "user1@acme.example", "User 1",
      mail::message_id({"bench", kEventId, "send-email", "0e0c0000-0000-4000-8000-000000000005"}, kSender.domain())};
  for (auto _ : state) {
    content.address(draft, reader);
    benchmark::DoNotOptimize(mail::seal(draft));
  }
}
BENCHMARK(address_mail)->Name("address it to a recipient and render it [mail]");

void encode_base64(benchmark::State& state) {
  const std::string text(3000, 'x');
  for (auto _ : state) benchmark::DoNotOptimize(pawl::text::base64_lines(text));
  state.SetBytesProcessed(state.iterations() * static_cast<long>(text.size()));
}
BENCHMARK(encode_base64)->Name("base64 of 3,000 bytes");

}  // namespace
