// The HTML part of a mail: one page that reads well in every mail program, light or dark, wide or narrow.
#pragma once

#include <string>

#include "workflows/depositlink/content/brand.h"
#include "workflows/depositlink/content/connection_facts.h"

namespace pawl::depositlink {

/// `text` as it must stand in HTML, between tags or in a quoted attribute, to be read as itself.
std::string html_escaped(const std::string& text);
/// Text from outside: it may run in either direction without moving what is around it.
std::string html_foreign(const std::string& text);
/// `inner` is HTML.
std::string html_paragraph(const std::string& inner);
/// Of the table of facts; `value` is HTML.
std::string html_row(const std::string& name, const std::string& value);
/// Words from outside as they are, of several lines.
std::string html_quotation(const std::string& words);

/// What a workflow says of a connection. All of it is HTML.
struct PageContent {
  std::string happened;   ///< What the provider's name goes before in title and heading, as `sync failed`.
  std::string preheader;  ///< Lists of mails show it beside the subject, behind the integration and its organisation.
  std::string rows;       ///< Of the table, below integration and organisation.
  std::string body;
  std::string because;  ///< Why the reader gets it, before the organisation's name.
};

std::string html_page(const ConnectionFacts& facts, const Brand& brand, const PageContent& page);

}  // namespace pawl::depositlink
