// The control thread once everything stands: signals, the control socket, interfaces that come and go, and the way out.
#pragma once

#include <expected>
#include <memory>

#include "base/clock.h"
#include "control/answers.h"
#include "control/manager.h"
#include "control/socket.h"
#include "control/watchers.h"
#include "control/world_desk.h"
#include "io/loop.h"
#include "run/world.h"
#include "steer/kernel.h"

namespace weir::control {

class Steward {
 public:
  /// Before the first thread starts: every thread inherits it, and run() alone takes the signals.
  static void block_signals();

  /// Before the world is started: its start and stop would take rules, routes and tables from a daemon that runs.
  static std::expected<void, steer::Obstacle> alone(const config::Config& config);

  /// Opens the control socket.
  static std::expected<std::unique_ptr<Steward>, steer::Obstacle> open(run::World& world);

  /// Until SIGTERM or SIGINT and the drain that follows; a second one cuts the drain short.  SIGHUP reloads, SIGUSR1
  /// opens the logs anew.
  void run();

 private:
  Steward(run::World& world, Socket socket);
  io::Task<void> answer_operators();
  io::Task<void> keep();
  void take_signals();
  void watch_logs();
  void watch_unjudged();
  Answer answered(std::string_view method, std::string_view target);
  void post_bulletin();
  void say_state();

  run::World& world_;
  WorldDesk desk_;
  Socket socket_;
  Board board_;
  Watchers watchers_;
  io::Loop loop_;
  Watchdog watchdog_;
  StateLine state_line_;
  Monotonic next_state_{}, next_bulletin_{};
  int terminations_ = 0;
  std::error_code access_error_, events_error_;  ///< of the logs, as last said
  Monotonic next_tending_{}, next_count_{};
  std::uint64_t unjudged_ = 0;  ///< connections that followed on_failure, as last said
};

}  // namespace weir::control
