// weir.toml and its includes into Config, or everything that is wrong with them at once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "config/diagnostic.h"

namespace weir::config {

/// Where the texts of files come from: the only outside that parsing knows.
class Files {
 public:
  virtual ~Files() = default;
  /// Sets `text` to all that the file holds; the error's cause says why not.
  virtual Result<void> read(const std::string& path, std::string& text) const = 0;
};

struct Parsed {
  std::optional<Config> config;         ///< empty if any diagnostic is an error
  Gateway gateway;                      ///< as far as it could be read
  std::vector<List> lists;              ///< those of `config`; without one, as far as they could be read
  std::vector<Rule> rules;              ///< the same
  std::vector<std::string> files;       ///< all that were named, the main one first
  std::vector<Diagnostic> diagnostics;  ///< by file, line and column
};

/// Reads the file at `path` and whatever it includes.
///
/// `include` names files relative to the one in which it stands.  Sections merge key by key; a key given twice is an
/// error.  Lists, groups and rules of included files come before those of the including file, as the include line
/// stands above them: a shared file's rules win.  An include may be 8 deep; each file may be included once.
/// A syntax error hides what stands behind it: then only the first of each file is reported.
Parsed parse(const std::string& path, const Files& files);

}  // namespace weir::config
