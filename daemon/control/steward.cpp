#include "control/steward.h"

#include <systemd/sd-daemon.h>

#include <csignal>
#include <utility>

#include "control/server.h"
#include "io/wheel.h"
#include "run/log.h"

namespace weir::control {
namespace {

constexpr Duration tick = std::chrono::milliseconds(50);

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

steer::Obstacle another_daemon(const std::string& path) {
  return {"another daemon answers on " + path, "stop it first: proxyctl status says since when it runs"};
}

}  // namespace

void Steward::block_signals() {
  const sigset_t set = our_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

std::expected<void, steer::Obstacle> Steward::alone(const config::Config& config) {
  if (!Socket::is_alive(config.control.socket)) return {};
  return std::unexpected(another_daemon(config.control.socket));
}

std::expected<std::unique_ptr<Steward>, steer::Obstacle> Steward::open(run::World& world) {
  const std::string& path = world.loaded().config->control.socket;
  auto socket = Socket::listen(path);
  if (!socket) {
    if (socket.error() == Errc::too_many) return std::unexpected(another_daemon(path));
    return std::unexpected(
        steer::Obstacle{"cannot open the control socket " + path + ": " + socket.error().cause.message(),
                        "set control.socket to a path that can be written"});
  }
  return std::unique_ptr<Steward>(new Steward(world, std::move(*socket)));
}

Steward::Steward(run::World& world, Socket socket)
    : world_(world), desk_(world, WEIR_VERSION), socket_(std::move(socket)) {}

void Steward::run() {
  loop_.spawn([](io::Loop& loop, Fd fd, Desk& desk) -> io::Task<void> {
    if (auto served = co_await serve(loop, std::move(fd), desk); !served && served.error() != Errc::stopped)
      run::log_error("the control socket failed: " + served.error().cause.message());
  }(loop_, socket_.take(), desk_));
  loop_.spawn(keep());
  loop_.run();
}

/// What needs the control thread now and then.  Ends the loop when the gateway may go.
io::Task<void> Steward::keep() {
  for (Duration drained{};;) {
    take_signals();
    world_.look_around();
    world_.look_at_clock();
    world_.tend_lists();
    watch_log();
    if (terminations_ > 0) {
      world_.drain();
      if (world_.drained() || terminations_ > 1 || drained >= world_.loaded().config->limits.drain) break;
      drained += tick;
    }
    if (auto slept = co_await io::sleep(loop_.wheel(), tick); !slept) co_return;
  }
  loop_.stop();
}

void Steward::take_signals() {
  const sigset_t set = our_signals();
  const timespec at_once{};
  for (int signal; (signal = sigtimedwait(&set, nullptr, &at_once)) > 0;) {
    if (signal == SIGHUP) {
      reload();
      continue;
    }
    if (++terminations_ == 1) {
      run::log_info("stopping: connections have until limits.drain");
      sd_notify(0, "STOPPING=1");
    }
  }
}

/// The access log never stops anything, so somebody has to be told once that lines are being lost, and once that it is
/// over.
void Steward::watch_log() {
  const account::AccessLog& log = world_.books().log();
  const std::error_code now = log.error();
  if (now == std::exchange(log_error_, now)) return;
  if (now) {
    run::log_error("access log " + log.path() + " cannot be written: " + now.message());
  } else {
    run::log_info("access log " + log.path() + " is written again, lost=" + std::to_string(log.lost()));
  }
}

void Steward::reload() {
  const Reloaded reloaded = desk_.reload();
  if (reloaded.done) {
    run::log_info("reloaded config=" + reloaded.config + " rules=" + std::to_string(reloaded.rules) +
                  " reset=" + std::to_string(reloaded.reset));
    return;
  }
  for (const Mistake& mistake : reloaded.mistakes)
    run::log_warning("reload refused: " + mistake.where + ": " + mistake.text);
}

}  // namespace weir::control
