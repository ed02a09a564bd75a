// Changes that an operator makes by hand, above the file: what is typed, and the rule that it becomes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/diagnostic.h"

namespace weir::config {

struct Change {
  unsigned number = 0;
  Action action = Action::block;    ///< block; allow; pass: nothing is judged
  std::string list;                 ///< an exception: this list does not hold `host`, and no rule comes of it
  bool never = false;               ///< TLS to `host` is never opened, and no rule comes of it: other rules hold
  std::vector<std::string> host;    ///< as in a rule: "a.example", ".b.example", "@list"; empty: any or none
  std::vector<std::string> client;  ///< as in a rule: addresses, prefixes, "@group"; empty: anyone
  std::int64_t since = 0;           ///< seconds since 1970
  std::int64_t until = 0;           ///< the same; 0: until it is undone

  bool judges() const { return list.empty() && !never; }
  bool over(std::int64_t now) const { return until != 0 && until <= now; }
};

/// As it is typed: "block", "allow", "pass", "except", "never".
std::string_view word(const Change& change);

/// The rule that it is beside this configuration.  Empty: `diagnostics` says what of it has no meaning there.
std::optional<Rule> rule_of(const Change& change, const Config& config, Diagnostics& diagnostics);

/// The configuration with the changes in force, the newest first, above its own rules.  Those that have no meaning in
/// it, or that judge nothing, are left out.
Config with_changes(Config config, const std::vector<Change>& changes);

}  // namespace weir::config
