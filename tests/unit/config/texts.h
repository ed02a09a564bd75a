// Configurations whose files are strings.
#pragma once

#include <map>
#include <string>

#include "config/parse.h"

namespace weir::config {

/// Files by path; what is not there does not exist.
class Texts final : public Files {
 public:
  Texts(std::initializer_list<std::pair<const std::string, std::string>> texts) : texts_(texts) {}
  void add(const std::string& path, std::string text) { texts_[path] = std::move(text); }

  Result<void> read(const std::string& path, std::string& to) const override {
    const auto text = texts_.find(path);
    if (text == texts_.end()) return fail(Errc::system, std::make_error_code(std::errc::no_such_file_or_directory));
    to = text->second;
    return {};
  }

 private:
  std::map<std::string, std::string> texts_;
};

inline Parsed parse_text(const std::string& text) { return parse("weir.toml", Texts{{"weir.toml", text}}); }

inline std::string said(const Parsed& parsed) {
  std::string out;
  for (const Diagnostic& diagnostic : parsed.diagnostics) out += to_text(diagnostic);
  return out;
}
inline std::string said(const std::string& text) { return said(parse_text(text)); }
inline std::string said(const Texts& texts) { return said(parse("weir.toml", texts)); }

}  // namespace weir::config
