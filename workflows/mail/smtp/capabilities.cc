// Reads the keywords of EHLO.
#include "workflows/mail/smtp/capabilities.h"

#include <algorithm>
#include <sstream>

#include "workflows/text/ascii.h"

namespace pawl::mail {
namespace {

void add_mechanisms(std::istream& words, std::vector<std::string>& mechanisms) {
  for (std::string word; words >> word;)
    if (std::ranges::find(mechanisms, word) == mechanisms.end()) mechanisms.push_back(word);
}

}  // namespace

SmtpCapabilities read_capabilities(const std::vector<std::string>& lines) {
  SmtpCapabilities read;
  for (std::string line : lines) {
    line = text::upper_cased(std::move(line));
    // `AUTH=LOGIN` is what clients of the nineties understood, and what some servers still say.
    if (line.compare(std::min<std::size_t>(4, line.size()), 5, "AUTH=") == 0) line[8] = ' ';
    std::istringstream words(line.substr(std::min<std::size_t>(4, line.size())));
    std::string keyword;
    words >> keyword;
    if (keyword == "PIPELINING") read.pipelining = true;
    if (keyword == "SIZE") read.size = true;
    if (keyword == "SMTPUTF8") read.utf8 = true;
    if (keyword == "STARTTLS") read.starttls = true;
    if (keyword == "AUTH") add_mechanisms(words, read.mechanisms);
  }
  return read;
}

}  // namespace pawl::mail
