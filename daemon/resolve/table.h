// What is known of names, and until when.  Sans-I/O: time is a parameter.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/addr.h"
#include "base/clock.h"
#include "base/result.h"

namespace weir::resolve {

struct Known {
  Result<std::vector<Address>> outcome;
  Monotonic until;
};

/// Bounded.  When it is full the name that was asked for longest ago goes; what is over its time stays until then or
/// until it is put anew.
class Table {
 public:
  explicit Table(std::size_t most) : most_(most) {}

  /// What is still good at `now`; it lives until the next put().
  const Known* find(std::string_view name, Monotonic now);
  void put(std::string_view name, Known known);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string name;
    Known known;
  };
  using Entries = std::list<Entry>;  // asked for last: first

  std::size_t most_;
  Entries entries_;
  std::unordered_map<std::string_view, Entries::iterator> index_;  // the keys are the entries' names
};

}  // namespace weir::resolve
