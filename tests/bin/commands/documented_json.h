// The forms of docs/json.md, and whether a document has one of them.
#pragma once

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace pawl::bin {

/// Read from the page's blocks, which begin with ```json NAME.
class DocumentedJson {
 public:
  explicit DocumentedJson(const std::string& page) {
    std::ifstream lines(page);
    std::string name, text;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("```json ")) {
        name = line.substr(8);
        text.clear();
      } else if (line == "```") {
        forms_[name] = nlohmann::json::parse(text);
      } else {
        text += line + "\n";
      }
    }
  }

  std::map<std::string, nlohmann::json> forms() const { return forms_; }

  /// Where the value is not of the form, a place each on a line; empty: it is.
  std::string misfit(const std::string& name, const nlohmann::json& value) const {
    return misfit(forms_.at(name), value, name);
  }

 private:
  std::string misfit(const nlohmann::json& form, const nlohmann::json& value, const std::string& place) const {
    if (form.is_string()) return misfit_of_type(form, value, place);
    if (form.type() != value.type()) return place + " is " + value.dump() + "\n";
    return form.is_array() ? misfit_of_array(form, value, place) : misfit_of_object(form, value, place);
  }

  std::string misfit_of_array(const nlohmann::json& form, const nlohmann::json& value, const std::string& place) const {
    std::string found;
    for (std::size_t i = 0; i < value.size(); ++i)
      found += misfit(form.at(0), value[i], place + "[" + std::to_string(i) + "]");
    return found;
  }

  std::string misfit_of_object(const nlohmann::json& form, const nlohmann::json& value,
                               const std::string& place) const {
    std::string found;
    for (const auto& [key, member] : value.items())
      if (!form.contains(key) && !form.contains(key + "?")) found += place + " has a " + key + "\n";
    for (const auto& [key, member] : form.items()) {
      const bool optional = key.ends_with('?');
      const std::string name = optional ? key.substr(0, key.size() - 1) : key;
      if (value.contains(name))
        found += misfit(member, value.at(name), place + "." + name);
      else if (!optional)
        found += place + " has no " + name + "\n";
    }
    return found;
  }

  // `text`, `number or null`, `null or {NAME}` and so on.
  std::string misfit_of_type(const std::string& types, const nlohmann::json& value, const std::string& place) const {
    std::string nested;
    for (std::size_t from = 0, end = 0; end != std::string::npos; from = end + 4) {
      end = types.find(" or ", from);
      const std::string type = types.substr(from, end - from);
      if (type.starts_with('{') && !value.is_null()) {
        const nlohmann::json& form = forms_.at(type.substr(1, type.size() - 2));
        nested = misfit(form.is_array() ? form.at(0) : form, value, place);
        if (nested.empty()) return "";
      } else if (is(type, value)) {
        return "";
      }
    }
    return nested.empty() ? place + " is no " + types + " but " + value.dump() + "\n" : nested;
  }

  // An empty text is no value: null is.
  static bool is(const std::string& type, const nlohmann::json& value) {
    return type == "any" || (type == "text" && value.is_string()) || (type == "number" && value.is_number()) ||
           (type == "boolean" && value.is_boolean()) || (type == "null" && value.is_null());
  }

  std::map<std::string, nlohmann::json> forms_;
};

}  // namespace pawl::bin
