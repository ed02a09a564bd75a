// Lists that come from a URL: when each server is asked, and what came of it.  Belongs to the control thread; the
// asking itself is done by another one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "fetch/fetcher.h"
#include "load/load.h"
#include "run/errand.h"

namespace weir::run {

class ListKeeper {
 public:
  struct State {
    Monotonic due{};
    std::optional<Errand> errand;  ///< under way
    unsigned failures = 0;         ///< in a row
    std::string failure;           ///< of the last attempt; "" = it went well
    WallTime failed_at{};
  };

  /// The configuration changed: lists come and go.  Without any of a URL there is no thread.
  void follow(const load::Loaded& loaded, Monotonic now, WallTime wall);
  /// Asks for what is due.
  void ask(const load::Loaded& loaded, Monotonic now);
  /// What came back; a list that stands in several files comes back as one, when all are here.
  std::vector<fetch::Fetched> answers();

  /// The next attempt is due when `update` is over, or sooner after a failure: in a minute, then two, four, ... an
  /// hour.
  void went_well(const config::List& list, Monotonic now);
  void failed(const config::List& list, std::string why, Monotonic now, WallTime wall);
  const State& state(const std::string& list) { return states_[list]; }

 private:
  std::map<std::string, State> states_;
  std::optional<fetch::Fetcher> fetcher_;
};

}  // namespace weir::run
