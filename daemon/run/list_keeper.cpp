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

/// What was fetched last, whether it was taken or is held.
load::Bundle newest_bundle(const load::Loaded& loaded, const std::string& list) {
  const load::Keep keep(loaded.config->control.state);
  std::string text;
  const bool held = !loaded.kept.at(list).held.empty();
  const auto got = held ? keep.held(list, text) : keep.copy(list, text);
  return got ? load::unbundled(text).value_or(load::Bundle()) : load::Bundle();
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
    if (at == states_.end() || at->second.errand || at->second.due > now) continue;
    fetch::Request request{.name = list.name, .url = list.url, .etag = {}, .last_modified = {}};
    load::Bundle before;
    const auto kept = loaded.kept.find(list.name);
    if (kept != loaded.kept.end() && kept->second.url == list.url) {
      request.etag = kept->second.etag;
      request.last_modified = kept->second.last_modified;
      const bool several = loaded.facts.at(list.name).format == load::Format::cache_domains;
      if (several) before = newest_bundle(loaded, list.name);
      if (several && before.files.empty()) request.etag = request.last_modified = {};
    }
    at->second.errand.emplace(request, std::move(before));
    fetcher_->ask(std::move(request));
  }
}

std::vector<fetch::Fetched> ListKeeper::answers() {
  std::vector<fetch::Fetched> answers;
  if (!fetcher_) return answers;
  for (fetch::Fetched& answer : fetcher_->take()) {
    const auto at = states_.find(answer.name);
    if (at == states_.end() || !at->second.errand) continue;
    Errand::Step step = at->second.errand->take(std::move(answer));
    if (step.ask) fetcher_->ask(std::move(*step.ask));
    if (!step.done) continue;
    at->second.errand.reset();
    answers.push_back(std::move(*step.done));
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
