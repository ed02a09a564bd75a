#include "config/diagnostic.h"

#include <algorithm>
#include <tuple>

namespace weir::config {

namespace {

/// The text without bytes that would steer a terminal.
std::string printable(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return out;
}

}  // namespace

Diagnostics::Diagnostics(std::vector<Diagnostic> found)
    : found_(std::move(found)), failed_(std::ranges::count(found_, Severity::error, &Diagnostic::severity) > 0) {}

void Diagnostics::error(const Where& where, std::string message, std::string suggestion) {
  failed_ = true;
  found_.push_back({Severity::error, where, std::move(message), std::move(suggestion)});
}

void Diagnostics::warning(const Where& where, std::string message, std::string suggestion) {
  found_.push_back({Severity::warning, where, std::move(message), std::move(suggestion)});
}

std::vector<Diagnostic> Diagnostics::take(std::span<const std::string> files) && {
  const auto place = [&](const Diagnostic& d) {
    return std::tuple(std::ranges::find(files, d.where.file) - files.begin(), d.where.line, d.where.column);
  };
  std::ranges::stable_sort(found_, {}, place);
  return std::move(found_);
}

std::string to_text(const Where& where) {
  std::string text = where.file;
  if (where.line > 0) text += ':' + std::to_string(where.line);
  if (where.line > 0 && where.column > 0) text += ':' + std::to_string(where.column);
  return text;
}

std::string to_text(const Diagnostic& diagnostic) {
  std::string text = to_text(diagnostic.where);
  text += diagnostic.severity == Severity::error ? ": error: " : ": warning: ";
  text += printable(diagnostic.message) + '\n';
  if (!diagnostic.suggestion.empty()) text += "  → " + printable(diagnostic.suggestion) + '\n';
  return text;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 200;  // most paths, and enough of anything else to find it
  return '"' + printable(text.substr(0, longest)) + (text.size() > longest ? "...\"" : "\"");
}

}  // namespace weir::config
