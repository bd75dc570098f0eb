// Replies of servers that may say anything.
#include "workflows/mail/smtp/replies/reply.h"

#include <catch2/catch.hpp>

using namespace pawl::mail;
using Progress = SmtpReplyReader::Progress;

TEST_CASE("a reply of one line has its code, text and enhanced status") {
  SmtpReplyReader reader;
  CHECK(reader.take("550 5.1.1 No such user\r\n") == Progress::kComplete);
  CHECK(reader.reply().code == 550);
  CHECK(reader.reply().text == "550 5.1.1 No such user");
  CHECK(enhanced_status(reader.reply()) == "5.1.1");
}

TEST_CASE("a reply of many lines becomes one line") {
  SmtpReplyReader reader;
  CHECK(reader.take("452-4.2.2 The mailbox\r\n") == Progress::kIncomplete);
  CHECK(reader.reply().code == 0);
  CHECK(reader.take("452 is full\r\n") == Progress::kComplete);
  CHECK(reader.reply().text == "452 4.2.2 The mailbox is full");
}

TEST_CASE("lines that end with a bare line feed are lines, and make a reply of a bare code as well") {
  SmtpReplyReader reader;
  CHECK(reader.take("250-relay.test\n") == Progress::kIncomplete);
  CHECK(reader.take("250 HELP\n") == Progress::kComplete);
  CHECK(reader.reply().text == "250 relay.test HELP");
  for (const std::string end : {"\n", "\r\n", "\r\r\n"}) {
    CAPTURE(end.size());
    CHECK(reader.take("354" + end) == Progress::kComplete);
    CHECK(reader.reply().code == 354);
    CHECK(reader.reply().text == "354");
    CHECK(reader.take("550-" + end) == Progress::kIncomplete);
    CHECK(reader.take("550" + end) == Progress::kComplete);
  }
}

TEST_CASE("a status that each line of a reply repeats does not come between the reply's words") {
  SmtpReplyReader reader;
  reader.take("550-5.7.1 Our policy: relay\r\n");
  reader.take("550-5.7.1 access\r\n");
  CHECK(reader.take("550 5.7.1 denied 5.7.1\r\n") == Progress::kComplete);
  CHECK(reader.reply().text == "550 5.7.1 Our policy: relay access denied 5.7.1");
}

TEST_CASE("where the lines of a reply disagree, the last one's code counts, and is what the text begins with") {
  SmtpReplyReader reader;
  reader.take("250-2.1.5 all is well\r\n");
  CHECK(reader.take("450 or not\r\n") == Progress::kComplete);
  CHECK(reader.reply().code == 450);
  CHECK(reader.reply().text == "450 2.1.5 all is well or not");
}

TEST_CASE("an enhanced status is found where relays put it, and is no number of another kind") {
  for (const char* text : {"550 5.1.1", "550 5.1.1 no", "550 #5.1.1 no", "550 (5.1.1) no", "550 [5.1.1] no",
                           "550 5.1.1: no", "550 5.1.1. No", "550 sorry, no (#5.1.1)", "553 # no. #5.1.1 - chkuser"}) {
    CAPTURE(text);
    CHECK(enhanced_status({550, text}) == "5.1.1");
  }
  for (const char* text :
       {"550 192.0.2.1 no", "550 no 5.1.1", "550 5.1.1beta", "550 5..11", "550 ticket #5.1", "550 #"}) {
    CAPTURE(text);
    CHECK(enhanced_status({550, text}).empty());
  }
}

TEST_CASE("a reply without text or without an enhanced status is a reply") {
  SmtpReplyReader reader;
  CHECK(reader.take("250\r\n") == Progress::kComplete);
  CHECK(reader.reply().code == 250);
  CHECK(enhanced_status(reader.reply()).empty());
  for (const std::string text : {"550 no such user", "550 5.1", "550 5.1.x", "550 ", "550 1.2.3.4"})
    CHECK(enhanced_status({550, text}).empty());
}

TEST_CASE("a tab after the code ends a reply as a space does") {
  SmtpReplyReader reader;
  CHECK(reader.take("550\t5.1.1 gone\r\n") == Progress::kComplete);
  CHECK(reader.reply().text == "550 5.1.1 gone");
}

TEST_CASE("what is said and is no reply can be told, until a reply comes") {
  SmtpReplyReader reader;
  CHECK(reader.other_words().empty());
  reader.take("HTTP/1.1 400\x1b Bad\r\n");
  reader.take("Connection: close\r\n");
  CHECK(reader.other_words() == "HTTP/1.1 400 Bad");
  reader.take("220 hi\r\n");
  CHECK(reader.other_words().empty());
  reader.take("SSH-2.0-" + std::string(3000, 'a'));
  CHECK(reader.other_words().starts_with("SSH-2.0-aaa"));
  CHECK(reader.other_words().size() <= 80);
}

TEST_CASE("what is no reply is ignored, and control characters never get into the text") {
  SmtpReplyReader reader;
  CHECK(reader.take("HTTP/1.1 200 OK\r\n") == Progress::kIncomplete);
  CHECK(reader.take("\r\n") == Progress::kIncomplete);
  CHECK(reader.take("25\r\n") == Progress::kIncomplete);
  CHECK(reader.take("554 \x1b[31mno\x07\xff \u202Eway\r\n") == Progress::kComplete);
  CHECK(reader.reply().text == "554 [31mno \uFFFD way");
}

TEST_CASE("a reply without end is given up at its limit, holding no more than its beginning") {
  SmtpReplyReader reader;
  const std::string line = "250-" + std::string(996, 'x') + "\r\n";
  std::size_t taken = 0;
  while (reader.take(line) == Progress::kIncomplete) taken += line.size();
  CHECK(taken <= SmtpReplyReader::kReplyMax);
  CHECK(taken > SmtpReplyReader::kReplyMax - 2 * line.size());
}

TEST_CASE("a long line in pieces is one line, cut") {
  SmtpReplyReader reader;
  CHECK(reader.take("550 5.1.1 " + std::string(5000, 'x')) == Progress::kIncomplete);
  CHECK(reader.take(std::string(5000, 'y')) == Progress::kIncomplete);
  CHECK(reader.take("z\r\n") == Progress::kComplete);
  CHECK(reader.reply().text.size() <= SmtpReplyReader::kTextMax);
  CHECK(reader.reply().code == 550);
}

TEST_CASE("the size limit counts each reply anew") {
  SmtpReplyReader reader;
  for (int i = 0; i < 1000; ++i) REQUIRE(reader.take("250 " + std::string(500, 'x') + "\r\n") == Progress::kComplete);
}

TEST_CASE("a failure's code is the enhanced status of the reply, else its code, else nothing") {
  CHECK(failure_code("550 5.1.1 no such user") == "5.1.1");
  CHECK(failure_code("550 no such user") == "550");
  CHECK(failure_code("550") == "550");
  CHECK(failure_code("connection reset, before MAIL FROM was answered").empty());
  CHECK(failure_code("").empty());
}
