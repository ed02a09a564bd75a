// Which text of the configuration runs, which ran before it, and which one still has to be confirmed.  A change that
// locks its author out goes back by itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "base/clock.h"
#include "load/archive.h"
#include "run/world.h"

namespace weir::control {

class Editions {
 public:
  /// What `world` was started with counts as confirmed.
  explicit Editions(run::World& world);

  using Reload = run::World::Reload;
  /// Puts the files on disk in force.  With `window` they have to be confirmed within it; a reload meanwhile does not
  /// confirm them, and has the rest of the window unless it brings its own.
  Reload reload(std::optional<std::chrono::seconds> window);
  /// What runs stays.  Errors: why there is nothing to confirm.
  std::expected<void, std::string> confirm();
  /// Puts the text in force that ran before, or while another waits to be confirmed, the confirmed one.
  /// Errors: why there is nothing to go back to.
  std::expected<Reload, std::string> roll_back();
  /// The window may be over: goes back then.  Empty when there is nothing to do, else what became of it.
  std::optional<Reload> look_at_window();

  /// Until when what runs has to be confirmed, in seconds since 1970; 0 = it is.
  std::int64_t until() const { return archive_.until; }
  /// Print of the text that runs.
  const std::string& running() const { return running_; }
  /// Whether a start would pass over what lies on disk now.
  bool passes_over(const load::Texts& on_disk) const { return archive_.passed_over == load::print_of(on_disk); }

 private:
  Reload put(load::Loaded next);
  Reload go_back();
  void settle();
  void keep() const;

  run::World& world_;
  load::Archive archive_;
  std::string running_;
  std::string next_state_;  ///< control.state of the file as it was last read: where the next start looks
  Monotonic end_{};         ///< of the window, whatever the clock on the wall does
};

}  // namespace weir::control
