// How a deployment's mails look: its name, its logo, its colour.
#pragma once

#include <string>

namespace pawl::depositlink {

/// Safe to stand in HTML as it is, but for the name.
class Brand {
 public:
  Brand() = default;
  /// Each may be empty. `logo_url` is an absolute https URL, `color` of the form `#1f5fbf`. Throws engine::RefusedError
  /// naming the one that is not.
  Brand(const std::string& name, std::string logo_url, std::string color);

  const std::string& name() const { return name_; }  ///< One line of plain text.
  const std::string& logo_url() const { return logo_url_; }
  const std::string& color() const { return color_; }
  /// Black or white, whichever is easier to read on the colour.
  std::string text_color() const;

 private:
  std::string name_;
  std::string logo_url_;
  std::string color_;
};

}  // namespace pawl::depositlink
