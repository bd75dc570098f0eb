// Base64 by Poco.
#include "workflows/mail/base64.h"

#include <Poco/Base64Encoder.h>

#include <sstream>

namespace pawl::mail {

std::string base64(std::string_view bytes, int line_length) {
  std::ostringstream encoded;
  Poco::Base64Encoder encoder(encoded);
  encoder.rdbuf()->setLineLength(line_length);
  encoder.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  encoder.close();
  return std::move(encoded).str();
}

}  // namespace pawl::mail
