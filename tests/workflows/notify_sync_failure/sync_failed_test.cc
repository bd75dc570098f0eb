// What a payload must be, and what is said about one that is not.
#include "workflows/notify_sync_failure/payload/sync_failed.h"

#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/workflows/notify_sync_failure/doubles.h"

using namespace pawl::notify_sync_failure;
using nlohmann::json;

namespace {

std::string refusal(const std::string& payload) {
  try {
    SyncFailedReader().read(event_of(payload));
  } catch (const pawl::engine::PermanentError& error) {
    return error.what();
  }
  return "accepted";
}

SyncFailed parsed_with(const std::string& field, const json& value) {
  json payload = sample_payload();
  payload[field] = value;
  return SyncFailedReader().read(event_of(payload.dump()));
}

std::string refusal_with(const std::string& field, const json& value) {
  json payload = sample_payload();
  payload[field] = value;
  return refusal(payload.dump());
}

std::string refusal_without(const std::string& field) {
  json payload = sample_payload();
  payload.erase(field);
  return refusal(payload.dump());
}

}  // namespace

TEST_CASE("a payload as the trigger writes it is read field by field") {
  const SyncFailed failure = SyncFailedReader().read(event_of(sample_payload().dump()));
  const SyncFailed expected = sample_failure();
  CHECK(failure.connection_id == expected.connection_id);
  CHECK(failure.sync_log_id == expected.sync_log_id);
  CHECK(failure.org_id == expected.org_id);
  CHECK(failure.provider == "Reapit");
  CHECK(failure.label == expected.label);
  CHECK(failure.error_message == expected.error_message);
  CHECK(failure.occurred_at == "2026-11-24T03:00:00Z");
}

TEST_CASE("what the trigger could not read is the reason of the failure, without its secrets") {
  json payload = sample_payload();
  payload["unreadable"] = "permission denied for table pms_connections; password=hunter2hunter2";
  CHECK_THROWS_WITH(SyncFailedReader().read(event_of(payload.dump())),
                    Catch::Contains("could not read what the event is about: permission denied for table") &&
                        !Catch::Contains("hunter2"));
  SyncFailedReader reader;
  CHECK_THROWS_AS(reader.read(event_of(reader.to_keep(payload.dump()))), pawl::engine::PermanentError);
}

TEST_CASE("all that is wrong with a payload is said at once") {
  json payload = sample_payload();
  payload["org_id"] = 7;
  payload.erase("provider");
  payload["occurred_at"] = "soon";
  try {
    SyncFailedReader().read(event_of(payload.dump()));
    FAIL("it was accepted");
  } catch (const pawl::engine::PayloadRefused& refusal) {
    CHECK(refusal.problems() ==
          std::vector<std::string>{"payload.org_id: expected a UUID string, got number",
                                   "payload.provider: expected a non-empty string, got nothing",
                                   "payload.occurred_at: expected an RFC 3339 time, got \"soon\""});
  }
}

TEST_CASE("a field that is not what the workflow needs is refused by its name, with what was found") {
  CHECK(refusal_with("org_id", 7) == "payload.org_id: expected a UUID string, got number");
  CHECK(refusal_with("org_id", nullptr) == "payload.org_id: expected a UUID string, got null");
  CHECK(refusal_without("org_id") == "payload.org_id: expected a UUID string, got nothing");
  CHECK(refusal_with("org_id", "acme") == "payload.org_id: expected a UUID string, got \"acme\"");
  CHECK(refusal_with("connection_id", json::array()) == "payload.connection_id: expected a UUID string, got array");
  CHECK(refusal_with("sync_log_id", "0d0c0000-0000-4000-8000-00000000000g") ==
        "payload.sync_log_id: expected a UUID string, got \"0d0c0000-0000-4000-8000-00000000000g\"");
  CHECK(refusal_with("provider", true) == "payload.provider: expected a non-empty string, got boolean");
  CHECK(refusal_with("provider", " \u0007 ") == "payload.provider: expected a non-empty string, got \"\"");
  CHECK(refusal_with("label", 1) == "payload.label: expected a string or null, got number");
  CHECK(refusal_with("error_message", json::object()) ==
        "payload.error_message: expected a string or null, got object");
  CHECK(refusal_without("occurred_at") == "payload.occurred_at: expected an RFC 3339 time, got nothing");
  CHECK(refusal_with("occurred_at", "yesterday") ==
        "payload.occurred_at: expected an RFC 3339 time, got \"yesterday\"");
}

TEST_CASE("a payload that is no JSON object is refused without showing a piece of it") {
  CHECK(refusal("") == "payload: not valid JSON (at byte 1)");
  CHECK(refusal("{\"token\": hunter2}") == "payload: not valid JSON (at byte 11)");
  CHECK(refusal("[]") == "payload: expected an object, got array");
  CHECK(refusal("\"text\"") == "payload: expected an object, got string");
  CHECK(refusal("{\"n\": 1e999}") == "payload: a number is out of range");
}

TEST_CASE("nesting of any depth is refused and overflows no stack") {
  for (const int depth : {10'000, 1'000'000}) {
    std::string payload = "{\"label\":";
    payload.append(static_cast<std::size_t>(depth), '[').append(static_cast<std::size_t>(depth), ']').append("}");
    CHECK(refusal(payload) == "payload: nested deeper than 64 levels");
  }
}

TEST_CASE("a payload too large is refused before it is parsed") {
  CHECK(refusal(std::string(8 * 1024 * 1024 + 1, ' ')) == "payload: 8388609 bytes, and at most 8388608 are accepted");
}

TEST_CASE("a value shown in a refusal has its secrets redacted") {
  CHECK(refusal_with("org_id", "password=hunter2") ==
        "payload.org_id: expected a UUID string, got \"password=[redacted]\"");
}

TEST_CASE("unknown fields, nested ones too, are ignored") {
  CHECK(parsed_with("extra", {{"deep", {1, 2, 3}}}).provider == "Reapit");
}

TEST_CASE("label and error may be missing or null, and are empty then") {
  json payload = sample_payload();
  payload.erase("label");
  payload["error_message"] = nullptr;
  const SyncFailed failure = SyncFailedReader().read(event_of(payload.dump()));
  CHECK(failure.label.empty());
  CHECK(failure.error_message.empty());
}

TEST_CASE("ids are taken in their canonical form, whatever case they came in") {
  CHECK(parsed_with("org_id", "0A0C0000-0000-4000-8000-00000000000F").org_id == "0a0c0000-0000-4000-8000-00000000000f");
}

TEST_CASE("a provider in lower case gets a capital, one with capitals of its own is left alone") {
  CHECK(parsed_with("provider", "alto").provider == "Alto");
  CHECK(parsed_with("provider", "dezrez rezi").provider == "Dezrez rezi");
  CHECK(parsed_with("provider", "rezPMS").provider == "rezPMS");
  CHECK(parsed_with("provider", "éclair").provider == "éclair");
}

TEST_CASE("a time with any offset is normalised to UTC") {
  CHECK(parsed_with("occurred_at", "2026-11-24T03:00:00.123456+00:00").occurred_at == "2026-11-24T03:00:00.123456Z");
  CHECK(parsed_with("occurred_at", "2026-11-24T03:00:00.5+05:30").occurred_at == "2026-11-23T21:30:00.500000Z");
  CHECK(parsed_with("occurred_at", "2026-12-31 23:30:00-01:00").occurred_at == "2027-01-01T00:30:00Z");
  CHECK(parsed_with("occurred_at", "2024-02-29t12:00:60z").occurred_at == "2024-02-29T12:01:00Z");
}

TEST_CASE("what only resembles a time is refused") {
  for (const char* text : {"2026-11-24", "2026-11-24T03:00:00", "2026-02-29T03:00:00Z", "2026-13-01T03:00:00Z",
                           "2026-11-24T24:00:00Z", "2026-11-24T03:00:00+0000", "2026-11-24T03:00:00.Z",
                           "2026-11-24T03:00:00Z ", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00", "infinity"}) {
    INFO(text);
    CHECK(refusal_with("occurred_at", text).starts_with("payload.occurred_at: expected an RFC 3339 time"));
  }
}

TEST_CASE("an error message of a megabyte is cut to 2000 characters that end in an ellipsis") {
  std::string error = parsed_with("error_message", std::string(1'000'000, 'x')).error_message;
  CHECK(error == std::string(1999, 'x') + "…");
  std::string euros;
  for (int i = 0; i < 5000; ++i) euros += "€";
  error = parsed_with("error_message", euros).error_message;
  CHECK(error.size() == 2000 * 3);
  CHECK(error.ends_with("€…"));
}

TEST_CASE("control characters are dropped, blanks collapse, and line ends stay where there may be lines") {
  CHECK(parsed_with("error_message", "a\x1b[31m\u0007b\u009bc").error_message == "a[31mbc");
  CHECK(parsed_with("error_message", std::string("a\0b", 3)).error_message == "ab");
  CHECK(parsed_with("error_message", " a \t b\rc\r\n\r\n\r\n\n d \n").error_message == "a b\nc\n\n d");
  CHECK(parsed_with("label", "Head\r\noffice\u2028Leeds\u0085North").label == "Head office Leeds North");
}

TEST_CASE("characters that turn the direction of text or hide in it are dropped") {
  CHECK(parsed_with("error_message", "a\u202Eb\u2066c\u2069d\u200Fe\u061Cf\u200Bg\uFEFFh\U000E0041i").error_message ==
        "abcdefghi");
  CHECK(parsed_with("label", "\u0645\u06CC\u200C\u062E \U0001F468\u200D\U0001F469").label ==
        "\u0645\u06CC\u200C\u062E \U0001F468\u200D\U0001F469");
}

TEST_CASE("bytes that are no UTF-8 become replacement characters and cost no notification") {
  std::string payload = sample_payload().dump();
  payload.replace(payload.find("Head"), 4, "H\xff\xc0\xafz");
  CHECK(SyncFailedReader().read(event_of(payload)).label == "H\uFFFD\uFFFD\uFFFDz office");
}

TEST_CASE("the payload that is kept holds no secret and is read as the original is") {
  json payload = sample_payload();
  payload["error_message"] = "https://user:canary-1@pms.example/ said password=canary-2\nno";
  payload["label"] = "token: canary-3";
  payload["password"] = "canary-4";
  const std::string kept = SyncFailedReader().to_keep(payload.dump());
  CHECK_THAT(kept, !Catch::Contains("canary"));
  const SyncFailed from_kept = SyncFailedReader().read(event_of(kept));
  const SyncFailed from_original = SyncFailedReader().read(event_of(payload.dump()));
  CHECK(from_kept.error_message == from_original.error_message);
  CHECK(from_kept.label == from_original.label);
  CHECK(from_kept.provider == from_original.provider);
  CHECK(from_kept.occurred_at == from_original.occurred_at);
  CHECK(SyncFailedReader().to_keep(kept) == kept);
}

TEST_CASE("a payload without a secret is archived as it was emitted, whatever else it holds") {
  json payload = sample_payload();
  CHECK_FALSE(SyncFailedReader().to_archive(payload.dump()));
  payload["error_message"] = std::string(5000, 'x');  // longer than any run keeps
  payload["tries"] = {1, "two", nullptr};
  CHECK_FALSE(SyncFailedReader().to_archive(payload.dump()));
}

TEST_CASE("what is archived has every string redacted, by its form or its name, and all else byte for byte") {
  const std::string payload =
      R"({"org_id": 7, "big": 12345678901234567890123, "error_message": "no password=canary-1 \"here\"",)"
      R"( "nested": [{"password": "canary-2", "plain": "kept"}, "Authorization: Bearer canary-3"], "empty": ""})";
  const std::string archived = SyncFailedReader().to_archive(payload).value();
  CHECK_THAT(archived, !Catch::Contains("canary"));
  CHECK_THAT(archived, Catch::Contains(R"({"org_id": 7, "big": 12345678901234567890123, )") &&
                           Catch::Contains(R"("plain": "kept")") && Catch::Contains(R"("empty": ""})"));
  CHECK(json::accept(archived));
  CHECK_FALSE(SyncFailedReader().to_archive(archived));
}

TEST_CASE("of a large payload no more is archived than the workflow reads of it, or its size") {
  json payload = sample_payload();
  payload["pages"] = json::array();
  while (payload.dump().size() < 300'000) payload["pages"].push_back("password=canary-1 " + std::string(1'000, 'x'));
  SyncFailedReader reader;
  const std::string archived = reader.to_archive(payload.dump()).value();
  CHECK(archived.size() < 10'000);
  CHECK_THAT(archived, !Catch::Contains("canary"));
  CHECK(reader.read(event_of(archived)).org_id == reader.read(event_of(payload.dump())).org_id);
  CHECK(reader.to_archive(archived) == archived);
  const std::string unreadable(9'000'000, ' ');
  CHECK(reader.to_archive(unreadable) == R"({"bytes":9000000,"redacted":true})");
}

TEST_CASE("a secret in a field that the workflow reads is not archived, whatever other fields there are") {
  json payload = sample_payload();
  payload["error_message"] = "password=canary";
  for (const bool others : {false, true}) {
    if (others) payload["more"] = 1;
    CHECK_THAT(SyncFailedReader().to_archive(payload.dump()).value(), !Catch::Contains("canary"));
  }
}

TEST_CASE("values of an array have its name") {
  const std::string archived =
      SyncFailedReader().to_archive(R"({"password": ["canary-1", ["canary-2"]], "plain": ["kept"]})").value();
  CHECK(archived == R"({"password": ["[redacted]", ["[redacted]"]], "plain": ["kept"]})");
}

TEST_CASE("a payload that no run can read is redacted as well") {
  for (const std::string& payload : {std::string(R"(["password=canary-1"])"), std::string(R"("token: canary-1")"),
                                     std::string(100, '[') + R"({"secret": "canary-1"})" + std::string(100, ']')}) {
    INFO(payload);
    const std::string archived = SyncFailedReader().to_archive(payload).value();
    CHECK_THAT(archived, !Catch::Contains("canary"));
    CHECK(json::accept(archived));
  }
}

TEST_CASE("what was kept of a payload tells whether that had secrets, when the run is read from its store") {
  json payload = sample_payload();
  const std::string harmless = SyncFailedReader().to_keep(payload.dump());
  CHECK_FALSE(SyncFailedReader().to_archive(harmless));
  payload["password"] = "canary";
  const std::string kept = SyncFailedReader().to_keep(payload.dump());
  CHECK(SyncFailedReader().to_archive(kept) == kept);
  const std::string unreadable = SyncFailedReader().to_keep(R"(["password=canary"])");
  CHECK(SyncFailedReader().to_archive(unreadable) == unreadable);
}

TEST_CASE("of a name that stands twice the last counts, and nothing is kept of the first") {
  std::string payload = sample_payload().dump();
  payload.insert(1, "\"error_message\":\"canary\",\"label\":7,");
  CHECK(SyncFailedReader().read(event_of(payload)).label == "Head office");
  CHECK_THAT(SyncFailedReader().to_keep(payload), !Catch::Contains("canary"));
}

TEST_CASE("a bad payload that is kept is refused with the same words") {
  for (const json& wrong : {json(7), json("acme"), json::array(), json{{"secret", "canary"}}, json(nullptr)}) {
    json payload = sample_payload();
    payload["org_id"] = wrong;
    const std::string kept = SyncFailedReader().to_keep(payload.dump());
    CHECK(refusal(kept) == refusal(payload.dump()));
    CHECK_THAT(kept, !Catch::Contains("canary"));
  }
  CHECK(SyncFailedReader().to_keep("{not json, canary") == "null");
}

TEST_CASE("what is wrong by a blank alone stays wrong when it is kept") {
  for (const char* name : {"occurred_at", "org_id"}) {
    json payload = sample_payload();
    payload[name] = payload[name].get<std::string>() + "\n";
    const std::string kept = SyncFailedReader().to_keep(payload.dump());
    CHECK(refusal(kept) == refusal(payload.dump()));
  }
}

TEST_CASE("one reader reads one payload after the other, each as what it is") {
  SyncFailedReader reader;
  json payload = sample_payload();
  const std::string first = payload.dump();
  payload["label"] = "Other office";
  const std::string second = payload.dump();
  CHECK(reader.to_keep(first) != reader.to_keep(second));
  CHECK(reader.read(event_of(first)).label == sample_payload()["label"]);
  CHECK_THROWS_AS(reader.read(event_of("{")), pawl::engine::PermanentError);
  CHECK(reader.read(event_of(second)).label == "Other office");
}
