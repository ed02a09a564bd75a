#include "control/editions.h"

#include <set>
#include <utility>

#include "run/log.h"

namespace weir::control {

namespace {

/// Between two attempts to go back, when the first one failed.
constexpr Duration patience = std::chrono::seconds(10);

std::int64_t seconds(WallTime time) { return std::chrono::system_clock::to_time_t(time); }

}  // namespace

Editions::Editions(run::World& world) : world_(world), running_(load::print_of(world.loaded().texts)) {
  archive_ = load::read_archive(world.loaded().config->control.state);
  const auto on_disk = load::now_on_disk(world.loaded().texts);
  const bool from_disk = on_disk && load::print_of(*on_disk) == running_;
  archive_.until = 0;
  if (from_disk) archive_.passed_over.clear();
  settle();
}

/// What runs becomes the confirmed text, and the confirmed one what ran before.
void Editions::settle() {
  const load::Texts& texts = world_.loaded().texts;
  if (load::print_of(archive_.confirmed.texts) != running_) {
    archive_.before = std::exchange(archive_.confirmed, {texts, seconds(world_.in_force_since())});
  } else {
    archive_.confirmed.texts = texts;  // the same text, but its files may have been renamed
  }
  keep();
}

/// Also where a start will look that reads the file: its control.state holds from then on.
void Editions::keep() const {
  std::set<std::string> folders = {world_.loaded().config->control.state};
  if (!next_state_.empty()) folders.insert(next_state_);
  for (const std::string& folder : folders) {
    if (const auto put = load::write_archive(folder, archive_); !put)
      run::log_warning("the configuration cannot be kept in " + folder + ": " + put.error().cause.message());
  }
}

Editions::Reload Editions::reload(std::optional<std::chrono::seconds> window) {
  load::Loaded next = load::load(world_.path(), *world_.loaded().directory);
  const std::string state = next.config ? next.config->control.state : "";
  Reload outcome = put(std::move(next));
  if (!outcome.done) return outcome;
  next_state_ = state;
  if (!window && archive_.until == 0) {
    archive_.passed_over.clear();
    settle();
    return outcome;
  }
  if (window) {
    archive_.until = seconds(std::chrono::system_clock::now() + *window);
    end_ = std::chrono::steady_clock::now() + *window;
  }
  archive_.passed_over = running_;
  if (archive_.passed_over == load::print_of(archive_.confirmed.texts)) {  // it is what was confirmed already
    archive_.passed_over.clear();
    archive_.until = 0;
  }
  keep();
  return outcome;
}

Editions::Reload Editions::put(load::Loaded next) {
  Reload outcome = world_.reload(std::move(next));
  running_ = load::print_of(world_.loaded().texts);
  return outcome;
}

std::expected<void, std::string> Editions::confirm() {
  if (archive_.until == 0) return std::unexpected("nothing waits to be confirmed");
  archive_.until = 0;
  archive_.passed_over.clear();
  settle();
  return {};
}

std::expected<Editions::Reload, std::string> Editions::roll_back() {
  if (archive_.until != 0) return go_back();
  if (archive_.before.texts.empty()) return std::unexpected("nothing is kept that ran before this configuration");
  std::string left = running_;
  Reload outcome = put(load::load(archive_.before.texts, *world_.loaded().directory));
  if (!outcome.done) return outcome;
  archive_.passed_over = std::move(left);
  settle();
  return outcome;
}

Editions::Reload Editions::go_back() {
  Reload outcome = put(load::load(archive_.confirmed.texts, *world_.loaded().directory));
  end_ = std::chrono::steady_clock::now() + patience;
  if (!outcome.done) return outcome;
  archive_.until = 0;
  keep();
  return outcome;
}

std::optional<Editions::Reload> Editions::look_at_window() {
  if (archive_.until == 0 || std::chrono::steady_clock::now() < end_ || world_.stopping()) return {};
  return go_back();
}

}  // namespace weir::control
