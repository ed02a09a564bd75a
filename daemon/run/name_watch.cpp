#include "run/name_watch.h"

#include <chrono>
#include <utility>

namespace weir::run {

namespace {

constexpr Duration look_every = std::chrono::milliseconds(250);

}  // namespace

void NameWatch::follow(const config::Clients& clients, const std::vector<load::NameSource>& sources) {
  paths_ = load::name_paths(clients);
  read_.clear();
  for (const load::NameSource& source : sources) read_.emplace(source.path, source.stamp);
}

NameWatch::Stamps NameWatch::look() const {
  Stamps stamps;
  for (const std::string& path : paths_) {
    if (const auto stamp = load::stamp_of(path)) stamps.emplace(path, *stamp);
  }
  return stamps;
}

bool NameWatch::due(Monotonic now, WallTime wall, std::int64_t next_end) {
  if (now < next_look_) return false;
  next_look_ = now + look_every;
  const Stamps before = std::exchange(seen_, look());
  const bool ended = next_end != 0 && std::chrono::system_clock::to_time_t(wall) >= next_end;
  const bool changed = seen_ != read_ && seen_ == before;
  if (changed) read_ = seen_;
  return changed || ended;
}

}  // namespace weir::run
