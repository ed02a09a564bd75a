#include "resolve/table.h"

#include <utility>

namespace weir::resolve {

const Known* Table::find(std::string_view name, Monotonic now) {
  const auto found = index_.find(name);
  if (found == index_.end() || found->second->known.until <= now) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &entries_.front().known;
}

void Table::put(std::string_view name, Known known) {
  if (const auto found = index_.find(name); found != index_.end()) {
    found->second->known = std::move(known);
    entries_.splice(entries_.begin(), entries_, found->second);
    return;
  }
  if (most_ == 0) return;
  if (entries_.size() == most_) {
    index_.erase(entries_.back().name);
    entries_.pop_back();
  }
  entries_.push_front({std::string(name), std::move(known)});
  index_.emplace(entries_.front().name, entries_.begin());
}

}  // namespace weir::resolve
