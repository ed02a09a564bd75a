// What is wrong with a configuration, where, and what would be right.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace weir::config {

enum class Severity : std::uint8_t { warning, error };

struct Diagnostic {
  Severity severity;
  Where where;             ///< line 0: the file as a whole
  std::string message;     ///< one line, no full stop
  std::string suggestion;  ///< what to write or do instead; may be empty
};

/// Collects what the stages of reading find.  A warning does not refuse the configuration.
class Diagnostics {
 public:
  Diagnostics() = default;
  explicit Diagnostics(std::vector<Diagnostic> found);  ///< goes on where an earlier stage ended

  void error(const Where& where, std::string message, std::string suggestion = {});
  void warning(const Where& where, std::string message, std::string suggestion = {});

  bool failed() const { return failed_; }
  /// All of them by file, in the order of `files`, then by line and column.
  std::vector<Diagnostic> take(std::span<const std::string> files) &&;

 private:
  std::vector<Diagnostic> found_;
  bool failed_ = false;
};

/// "weir.toml:12:8" - without the parts that are not known.
std::string to_text(const Where& where);
/// The one form in which a diagnostic is shown, newline included:
///   weir.toml:12:1: error: unknown key "gateway.wrokers"
///     → did you mean "workers"?
std::string to_text(const Diagnostic& diagnostic);

/// The text in quotes, shortened beyond 200 bytes, with bytes that would disturb a terminal replaced.
std::string in_quotes(std::string_view text);

}  // namespace weir::config
