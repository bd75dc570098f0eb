// What a deployment chooses of its mails: brand, links, zone, and templates of its own.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "engine/authoring/errors.h"
#include "tests/temporary_directory.h"
#include "tests/workflows/notify_sync_failure/doubles.h"
#include "workflows/notify_sync_failure/content/content.h"

using namespace pawl::text;
using namespace pawl::notify_sync_failure;
using Catch::Contains;

namespace {

const std::string kHostileTemplate = "<b>\"x\"</b> & {{error}}";

struct EmailStyleFixture {
  pawl::tests::TemporaryDirectory directory;
  EmailStyle style;
  SyncFailed failure = sample_failure();
  AppUrl app{"https://app.example.com"};

  EmailContent content() const { return email_content(failure, "Acme Lettings", app, style.time_zone, style); }
  void write(const std::string& part, const std::string& text) const {
    std::ofstream(directory.path() + "/notify-sync-failure." + part + ".mustache") << text;
  }
  EmailContent with(const std::string& part, const std::string& text) {
    write(part, text);
    style.templates = std::make_shared<MailTemplates>(directory.path());
    return content();
  }
  std::string refusal_of(const std::string& part, const std::string& text) const {
    write(part, text);
    try {
      MailTemplates templates(directory.path());
      return "taken";
    } catch (const pawl::engine::RefusedError& error) {
      return error.what();
    }
  }
};

}  // namespace

TEST_CASE_METHOD(EmailStyleFixture, "the brand's name is on top of the mail and says in both parts who sends it") {
  style.brand = Brand("Deposit & Link", "", "");
  CHECK_THAT(content().html, Contains(">Deposit &amp; Link</bdi></p>\n<h1"));
  CHECK_THAT(content().html,
             Contains("You receive this from <bdi dir=\"auto\">Deposit &amp; Link</bdi> because you are"));
  CHECK_THAT(content().text, Contains("You receive this from Deposit & Link because you are an owner or admin"));
}

TEST_CASE_METHOD(EmailStyleFixture, "a logo stands in place of the name, which readers without pictures see") {
  CHECK_THAT(content().html, !Contains("<img"));
  style.brand = Brand("Deposit \"Link\"", "https://cdn.example.com/logo.png?a=1&b=2", "");
  CHECK_THAT(content().html,
             Contains("<img src=\"https://cdn.example.com/logo.png?a=1&amp;b=2\" alt=\"Deposit &quot;Link&quot;\""));
}

TEST_CASE_METHOD(EmailStyleFixture,
                 "the button has the brand's colour, with words that can be read on it, in a dark theme too") {
  style.brand = Brand("", "", "#FFEE00");
  CHECK_THAT(content().html, Contains("background:#FFEE00;color:#000000") && !Contains("class=\"button\""));
  style.brand = Brand("", "", "#7a0019");
  CHECK_THAT(content().html, Contains("background:#7a0019;color:#ffffff"));
}

TEST_CASE("a brand that cannot stand in a mail is refused") {
  CHECK_THROWS_WITH(Brand("", "", "red"), Contains("brand colour \"red\"") && Contains("#rrggbb"));
  CHECK_THROWS_AS(Brand("", "", "#12345"), pawl::engine::RefusedError);
  CHECK_THROWS_AS(Brand("", "", "#12345g"), pawl::engine::RefusedError);
  CHECK_THROWS_WITH(Brand("", "http://cdn.example.com/l.png", ""), Contains("over https only"));
  CHECK_THROWS_AS(Brand("", "https://cdn.example.com/\"onload=x", ""), pawl::engine::RefusedError);
  CHECK_THROWS_AS(Brand("", "javascript:alert(1)", ""), pawl::engine::RefusedError);
  CHECK(Brand("Deposit\r\nLink\u202E", "", "").name() == "Deposit Link");
}

TEST_CASE_METHOD(EmailStyleFixture,
                 "the connection's page is linked beside the settings where the application has one") {
  CHECK_THAT(content().html, !Contains("Open this connection"));
  app = AppUrl("https://app.example.com", "https://app.example.com/o/{org_id}/pms?id={connection_id}&tab=log");
  failure.connection_id = "c/1&\"";
  const std::string link = "https://app.example.com/o/" + kOrgId + "/pms?id=c%2F1%26%22&tab=log";
  CHECK_THAT(content().text, Contains("\nThis connection: " + link + "\n"));
  CHECK_THAT(content().html, Contains("https://app.example.com/o/" + kOrgId + "/pms?id=c%2F1%26%22&amp;tab=log\""));
  CHECK_THAT(content().html, Contains("Open integration settings") && Contains("Open this connection"));
}

TEST_CASE("a connection's URL that cannot be filled in is refused with what is accepted") {
  for (const char* pattern :
       {"https://app.example.com/connections", "https://app.example.com/{connection_id}/{user}",
        "https://{connection_id}.example.com/", "/connections/{connection_id}", "https://a b/{connection_id}",
        "javascript:{connection_id}", "https://u:p@app.example.com/{connection_id}",
        "https://app.example.com/{}{connection_id}"}) {
    INFO(pattern);
    CHECK_THROWS_WITH(AppUrl("https://app.example.com", pattern),
                      Contains("URL of a connection") && Contains("/connections/{connection_id}"));
  }
}

TEST_CASE_METHOD(EmailStyleFixture,
                 "times are shown in the zone that was asked for, in the mail and in the application") {
  style.time_zone = *TimeZone::find("Australia/Sydney");
  const std::string when = "24 November 2026, 14:00 AEDT (UTC+11:00)";
  CHECK_THAT(content().text, Contains("When:         " + when + "\n"));
  CHECK_THAT(content().html, Contains(when));
  CHECK_THAT(in_app_content(failure, "Acme", app, style.time_zone).body, Contains(when));
}

TEST_CASE_METHOD(EmailStyleFixture,
                 "each part of the mail can be worded by a template, and the others stay as they are") {
  const EmailContent built_in = content();
  const EmailContent mail = with("subject", "{{provider}}: {{integration}} of {{organisation}}");
  CHECK(mail.subject == "Reapit: Reapit (Head office) of Acme Lettings");
  CHECK(mail.text == built_in.text);
  CHECK(mail.html == built_in.html);
  CHECK(with("text", "{{when}}\n{{error}}\n").text ==
        "24 November 2026, 03:00 UTC\n401 Unauthorized: the refresh token has been revoked\n");
}

TEST_CASE_METHOD(EmailStyleFixture, "a template escapes what it shows in HTML, and in HTML only") {
  failure.error_message = kHostileTemplate;
  CHECK(with("html", "<p>{{error}}</p>").html == "<p>&lt;b&gt;&quot;x&quot;&lt;/b&gt; &amp; {{error}}</p>");
  CHECK(with("text", "{{error}} {{{error}}}").text == kHostileTemplate + " " + kHostileTemplate);
  CHECK(with("subject", "{{error}}").subject == kHostileTemplate);
}

TEST_CASE_METHOD(EmailStyleFixture, "a section is shown where its fact is there, an inverted one where it is not") {
  const std::string text = "{{#label}}[{{label}}]{{/label}}{{^label}}no label{{/label}}";
  CHECK(with("text", text).text == "[Head office]");
  failure.label.clear();
  CHECK(content().text == "no label");
  CHECK(with("text", "{{#connection_link}}{{connection_link}}{{/connection_link}}{{! none here }}").text.empty());
}

TEST_CASE_METHOD(EmailStyleFixture, "the same facts give the same bytes") {
  const EmailContent first = with("html", "{{#brand_name}}{{brand_name}}{{/brand_name}}\n{{error}}\n{{settings_link}}");
  const EmailContent second = content();
  CHECK(first.html == second.html);
  CHECK(first.html == std::make_shared<MailTemplates>(directory.path())
                          ->render(facts_of(failure, "Acme Lettings", app, {}), style.brand, {})
                          .html);
}

TEST_CASE_METHOD(EmailStyleFixture,
                 "a template with a tag that there is not is refused, wherever it stands, by file, line and tag") {
  CHECK_THAT(refusal_of("html", "<p>\n{{organization}}</p>"),
             Contains("notify-sync-failure.html.mustache, line 2: \"{{organization}}\": no such tag; there are ") &&
                 Contains("organisation"));
  for (const char* text :
       {"{{^provider}}{{typo}}{{/provider}}", "{{#typo}}{{/typo}}", "{{^typo}}x{{/typo}}", "{{&typo}}", "{{{typo}}}",
        "{{ typo }}", "{{.}}", "{{}}", "{{error.length}}", "{{#label}}{{typo}}{{/label}}"}) {
    INFO(text);
    CHECK_THAT(refusal_of("text", text), Contains("text.mustache, line 1: \"{{") && Contains("no such tag"));
  }
}

TEST_CASE_METHOD(EmailStyleFixture, "a template that is no Mustache of ours is refused") {
  CHECK_THAT(refusal_of("text", "{{error"), Contains("has no }} at its end"));
  CHECK_THAT(refusal_of("text", "\n{{#error}}"),
             Contains("text.mustache, line 2: \"{{#error}}\": is not closed; write {{/error}} after it"));
  CHECK_THAT(refusal_of("text", "{{ ^error }}{{#label}}{{/label}}"), Contains("\"{{ ^error }}\": is not closed"));
  CHECK_THAT(refusal_of("text", "{{/error}}"), Contains("line 1: \"{{/error}}\": closes no section"));
  CHECK_THAT(refusal_of("text", "{{#error}}{{#label}}\n{{/error}}{{/label}}"),
             Contains("line 2: \"{{/error}}\": closes another section than \"{{#label}}\""));
  CHECK_THAT(refusal_of("text", "{{> footer}}"), Contains("partials"));
  CHECK_THAT(refusal_of("text", "{{=<% %>=}}"), Contains("delimiters"));
  CHECK_THAT(refusal_of("text", std::string(300'000, 'x')), Contains("longer than 256 KiB"));
  write("text", "{{error}}");
  for (const char* raw : {"{{{error}}}", "{{&error}}", "{{ & error }}"})
    CHECK_THAT(refusal_of("html", raw), Contains("must be escaped in HTML"));
}

TEST_CASE_METHOD(EmailStyleFixture, "a value where escaping does not make it harmless is refused, by file and line") {
  CHECK_THAT(refusal_of("html", "<p>\n<a title={{organisation}}>"),
             Contains("html.mustache, line 2: \"{{organisation}}\": ") && Contains("between double quotes"));
  for (const char* place : {"<a href={{settings_link}}>",
                            "<p class=a{{label}}>",
                            "<p class = {{label}}>",
                            "<p {{label}}>",
                            "<{{label}}>",
                            "<p {{label}}=\"x\">",
                            "</{{label}}>",
                            "<!-- {{error}} -->",
                            "<!-- a > {{error}} -->",
                            "<!DOCTYPE {{error}}>",
                            "<script>'{{error}}'</script>",
                            "<STYLE>a::after { content: '{{label}}' }</STYLE>",
                            "<style>a</styles>{{label}}</style>",
                            "<a href=\"javascript:'{{label}}'\">",
                            "<a href='DATA:,{{label}}'>",
                            "<a href=\" java\nscript:{{settings_link}}\">",
                            "<a href=\"java&#115;cript:{{label}}\">",
                            "<a href=\"{{organisation}}\">",
                            "<a href=\"{{connection_link}}{{label}}\">",
                            "<img src='{{label}}'>",
                            "<a href=\"https://{{provider}}/x\">",
                            "<a href=\"https://x.test{{organisation}}\">",
                            "<a href=\"https:{{error}}\">",
                            "<a href=\"https://x&#46;{{error}}\">",
                            "<a href=\"//{{error}}\">",
                            "<a href=\"{{settings_link}}&x={{error}}\">",
                            "<a href=\"https://x.test{{#label}}/a{{/label}}{{error}}\">",
                            "<img srcset=\"https://x.test/a.png {{label}}\">",
                            "<a ping=\"https://x.test/?{{label}}\">",
                            "<meta content=\"0;url=https://x.test/{{label}}\" http-equiv=refresh>",
                            "<a href=\"{{#label}}javascript:{{/label}}//{{organisation}}\">",
                            "<a href=\"{{#label}}https:{{/label}}{{organisation}}\">",
                            "<p style=\"color:{{label}}\">",
                            "<p onclick=\"f('{{label}}')\">",
                            "<iframe srcdoc=\"{{error}}\">",
                            "<xmp>{{error}}</xmp>",
                            "<svg/onload={{error}}>",
                            "<p title='\">{{label}}' lang={{label}}>"}) {
    INFO(place);
    CHECK_THAT(refusal_of("html", place), Contains("html.mustache, line ") && !Contains("no such tag"));
    for (const char* part : {"html", "text"}) {
      CHECK((refusal_of(part, place) == "taken") == (part == std::string("text")));
      std::filesystem::remove(directory.path() + "/notify-sync-failure." + part + ".mustache");
    }
  }
}

TEST_CASE_METHOD(EmailStyleFixture,
                 "a value stands in text, between quotes and in a link to a page, and a colour in styles too") {
  for (const char* place :
       {"<title>{{organisation}} <b></title><p title='{{error}}' lang=\"en\">{{error}}</p>", "a < {{error}} > b",
        "<style>a { color: {{brand_color}} } /* <p title= */</style>{{error}}", "<td bgcolor={{brand_color}}>{{error}}",
        "<p style=\"color:{{brand_color}}\">{{error}}", "<script>if (a < b) f('</p>')</script>{{error}}",
        "<!--[if mso]><v:rect href=\"{{settings_link}}\" fillcolor=\"{{brand_color}}\"><![endif]-->{{error}}",
        "<!-- ' --><!----><!-->{{error}}", "<![if !mso]>{{error}}<![endif]>",
        "<a href=\"{{settings_link}}\">{{when}}</a>", "<a href=\"{{settings_link}}?about={{label}}\">",
        "<a href=\"mailto:help@x.test?subject={{label}}\">", "<a href=\"https://x.test?a={{label}}&b={{error}}\">",
        "<a href=\"{{settings_link}}#{{label}}\">", "<img srcset=\"{{brand_logo_url}} 2x\">",
        "<a {{#label}}href=\"https://x.test/{{label}}\"{{/label}} rel=a>{{label}}</a>",
        "<p class=\"{{#label}}a{{/label}}\">{{label}}", "{{#label}}<b>{{label}}</b>{{/label}}<br/>{{error}}",
        "<img src=\"{{brand_logo_url}}\" alt=\"{{brand_name}}\">"}) {
    INFO(place);
    CHECK(refusal_of("html", place) == "taken");
  }
}

TEST_CASE_METHOD(EmailStyleFixture,
                 "a section of HTML that leaves a tag or quotes open is refused, since what follows depends on it") {
  for (const char* open :
       {"<p title={{#label}}\"{{/label}}{{organisation}}{{#label}}\"{{/label}}>", "{{#label}}<p {{/label}}{{error}}>",
        "{{^label}}<!--{{/label}}{{error}}", "{{#label}}<style>{{/label}}{{error}}"}) {
    INFO(open);
    CHECK_THAT(refusal_of("html", open), Contains("{{/label}}\": the section ends at another place of HTML"));
  }
}

TEST_CASE_METHOD(EmailStyleFixture, "a directory without templates, or with one that names no part, is refused") {
  CHECK_THROWS_WITH(MailTemplates(directory.path()), Contains("has none of notify-sync-failure.subject.mustache"));
  CHECK_THROWS_WITH(MailTemplates(directory.path() + "/nosuch"), Contains("mail templates: there is no /"));
  write("text", "{{error}}");
  CHECK_THROWS_WITH(MailTemplates(directory.path() + "/notify-sync-failure.text.mustache"),
                    Contains("is a file; name the directory that it is in"));
  write("txt", "{{error}}");
  CHECK_THROWS_WITH(MailTemplates(directory.path()), Contains("notify-sync-failure.txt.mustache: no part of a mail"));
}

TEST_CASE_METHOD(EmailStyleFixture, "a template that holds no words, or no text in UTF-8, is refused by its line") {
  const auto refused = [&](const std::string& text) { return refusal_of("text", text); };
  for (const char* blank : {"", "\n", " \t\r\n", "\xEF\xBB\xBF"})
    CHECK_THAT(refused(blank), Contains("text.mustache: is empty; write this part of the mail, or remove the file"));
  for (const char* latin : {"Hello\nGr\xFC\xDF"
                            "e {{when}}",
                            "\n\xC3", "\n\xED\xA0\x80"})
    CHECK_THAT(refused(latin), Contains("text.mustache, line 2: is not valid UTF-8; save the file as UTF-8"));
  CHECK_THAT(refused("\xFF\xFEH"), Contains("line 1: is not valid UTF-8"));
  for (const std::string& control : {std::string("H\0i\0", 4), std::string("\x1b[31m"), std::string("\u0085")})
    CHECK_THAT(refused(control), Contains("line 1: has a control character"));
  CHECK(refused("\uFFFD is a character\r\n\ttoo") == "taken");
}

TEST_CASE_METHOD(EmailStyleFixture, "an editor's byte order mark is no part of a mail, and a subject is one line") {
  CHECK(with("text", "\xEF\xBB\xBFHello").text == "Hello");
  CHECK(with("subject", "\xEF\xBB\xBF{{#label}}\n  {{label}}\n{{/label}}of {{organisation}}\n").subject ==
        "Head office of Acme Lettings");
}

TEST_CASE_METHOD(EmailStyleFixture,
                 "a template that is no readable file is refused with the reason, and nobody is waited for") {
  const std::string file = directory.path() + "/notify-sync-failure.html.mustache";
  const auto refusal = [&] { return refusal_of("text", "{{error}}"); };
  namespace fs = std::filesystem;
  fs::create_symlink("/nonexistent", file);
  CHECK_THAT(refusal(), Contains("html.mustache: cannot be read: No such file or directory"));
  fs::remove(file);
  fs::create_directory(file);
  CHECK_THAT(refusal(), Contains("html.mustache: cannot be read: it is a directory; make it a file"));
  fs::remove(file);
  REQUIRE(mkfifo(file.c_str(), 0600) == 0);
  CHECK_THAT(refusal(), Contains("html.mustache: cannot be read: it is no regular file"));
}
