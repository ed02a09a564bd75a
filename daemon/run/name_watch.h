// When the files that name devices are to be read again.  Belongs to the control thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "load/name_files.h"

namespace weir::run {

class NameWatch {
 public:
  /// What was read of the files that the configuration means.
  void follow(const config::Clients& clients, const std::vector<load::NameSource>& sources);
  const std::vector<std::string>& paths() const { return paths_; }

  /// Whether one of them changed and has stood still since the last look, or a lease has ended.  Servers write them in
  /// place, so what is changing may be half of a file.  Looks four times a second at most.
  bool due(Monotonic now, WallTime wall, std::int64_t next_end);

 private:
  using Stamps = std::map<std::string, load::Stamp>;
  Stamps look() const;

  std::vector<std::string> paths_;
  Stamps read_, seen_;
  Monotonic next_look_{};
};

}  // namespace weir::run
