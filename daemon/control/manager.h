// What the service manager is told (sd_notify(3)): readiness, reloads, the end, one line of state, and that we live.
// Without one all of this says nothing to nobody.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "base/clock.h"
#include "run/world.h"

namespace weir::control {

void say_ready();
/// To be followed by say_ready(), also when the reload was refused: what runs then is the old configuration.
void say_reloading();
void say_stopping();

/// The line that `systemctl status` shows; said again only when it changes.
class StateLine {
 public:
  void say(const std::string& state);

 private:
  std::string said_;
};

/// Feeds the manager's watchdog from a thread of its own, as long as the daemon shows life: a worker that hangs is not
/// fed, since its connections stand still until somebody ends it.  A control thread that is busy with a million names
/// is no hang.
class Watchdog {
 public:
  explicit Watchdog(const run::World& world);
  /// The control thread came round.
  void turned() { turned_ = std::chrono::steady_clock::now().time_since_epoch().count(); }

 private:
  void run(std::stop_token stop, Duration every) const;

  const run::World& world_;
  std::atomic<Monotonic::rep> turned_;
  std::jthread thread_;
};

}  // namespace weir::control
