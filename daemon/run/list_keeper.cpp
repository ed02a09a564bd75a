#include "run/list_keeper.h"

#include <algorithm>
#include <chrono>

namespace weir::run {

namespace {

constexpr Duration first_retry = std::chrono::minutes(1), last_retry = std::chrono::hours(1);

/// How long the copy on disk is still fresh.
Duration fresh_for(const config::List& list, const load::Kept& kept, WallTime wall) {
  if (kept.url != list.url || kept.updated == 0) return Duration::zero();
  const auto checked = std::chrono::system_clock::from_time_t(kept.checked);
  // A clock that was set back must not put it off for ever.
  return std::clamp<Duration>(checked + list.update - wall, Duration::zero(), list.update);
}

}  // namespace

void ListKeeper::follow(const load::Loaded& loaded, Monotonic now, WallTime wall) {
  std::map<std::string, State> states;
  for (const config::List& list : loaded.config->lists) {
    if (list.url.empty()) continue;
    const auto known = states_.find(list.name);
    State& state = states[list.name];
    if (known != states_.end()) state = known->second;
    const auto kept = loaded.kept.find(list.name);
    const Duration left = fresh_for(list, kept == loaded.kept.end() ? load::Kept() : kept->second, wall);
    // A failure keeps its pace, however often the file is read.
    if (state.failures == 0 || kept == loaded.kept.end()) state.due = now + left;
  }
  states_ = std::move(states);
  if (states_.empty()) {
    fetcher_.reset();
  } else if (!fetcher_) {
    fetcher_.emplace();
  }
}

void ListKeeper::ask(const load::Loaded& loaded, Monotonic now) {
  for (const config::List& list : loaded.config->lists) {
    const auto at = states_.find(list.name);
    if (at == states_.end() || at->second.asked || at->second.due > now) continue;
    at->second.asked = true;
    fetch::Request request{.name = list.name, .url = list.url, .etag = {}, .last_modified = {}};
    const auto kept = loaded.kept.find(list.name);
    if (kept != loaded.kept.end() && kept->second.url == list.url) {
      request.etag = kept->second.etag;
      request.last_modified = kept->second.last_modified;
    }
    fetcher_->ask(std::move(request));
  }
}

std::vector<fetch::Fetched> ListKeeper::answers() {
  if (!fetcher_) return {};
  std::vector<fetch::Fetched> answers = fetcher_->take();
  for (const fetch::Fetched& answer : answers) {
    if (const auto at = states_.find(answer.name); at != states_.end()) at->second.asked = false;
  }
  return answers;
}

void ListKeeper::went_well(const config::List& list, Monotonic now) {
  State& state = states_[list.name];
  state.due = now + list.update;
  state.failures = 0;
  state.failure.clear();
}

void ListKeeper::failed(const config::List& list, std::string why, Monotonic now, WallTime wall) {
  State& state = states_[list.name];
  const Duration pause = std::min(last_retry, first_retry * (1 << std::min(state.failures, 6u)));
  state.due = now + std::min(list.update, pause);
  ++state.failures;
  state.failure = std::move(why);
  state.failed_at = wall;
}

}  // namespace weir::run
