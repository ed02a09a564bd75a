#include "control/steward.h"

#include <csignal>
#include <utility>

#include "control/server.h"
#include "control/watch.h"
#include "io/wheel.h"
#include "run/log.h"

namespace weir::control {
namespace {

constexpr Duration tick = std::chrono::milliseconds(50);

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set, signal);
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
    : world_(world),
      desk_(world, WEIR_VERSION),
      socket_(std::move(socket)),
      watchers_(desk_, board_, world.loaded().config->control.metrics, world.loaded().config->control.socket),
      watchdog_(world) {}

io::Task<void> Steward::answer_operators() {
  Handler handler = [this](std::string_view method, std::string_view target) { return answered(method, target); };
  const auto served = co_await serve(loop_, socket_.take(), std::move(handler));
  if (!served && served.error() != Errc::stopped)
    run::log_error("the control socket failed: " + served.error().cause.message());
}

void Steward::run() {
  loop_.spawn(answer_operators());
  const config::Config& config = *world_.loaded().config;
  run::log_info("started version=" WEIR_VERSION " rules=" + std::to_string(config.rules.size()) +
                " workers=" + std::to_string(world_.workers()) + (config.gateway.observe ? " observing" : ""));
  post_bulletin();
  watchers_.start();
  loop_.spawn(keep());
  say_state();
  say_ready();
  loop_.run();
  desk_.stopped();
}

/// Who has changed something, and then looks from outside, sees what he did.
Answer Steward::answered(std::string_view method, std::string_view target) {
  Answer found = answer(desk_, method, target);
  if (method == "GET") return found;
  next_bulletin_ = {};
  post_bulletin();
  return found;
}

void Steward::post_bulletin() {
  constexpr Duration every = std::chrono::seconds(2);
  const auto now = std::chrono::steady_clock::now();
  if (now < next_bulletin_) return;
  next_bulletin_ = now + every;
  board_.post(bulletin_of(desk_));
}

/// What needs the control thread now and then.  Ends the loop when the gateway may go.
io::Task<void> Steward::keep() {
  for (Duration drained{};;) {
    watchdog_.turned();
    take_signals();
    desk_.look_at_window();
    world_.look_around();
    world_.look_at_clock();
    desk_.look_at_changes();
    world_.look_at_names();
    world_.tend_lists();
    world_.tend_memory();
    desk_.look_at_times();
    desk_.look_at_reach();
    watch_logs();
    watch_unjudged();
    say_state();
    if (terminations_ > 0) {
      world_.drain();
      if (world_.drained() || terminations_ > 1 || drained >= world_.loaded().config->limits.drain) break;
      drained += tick;
    }
    post_bulletin();
    if (auto slept = co_await io::sleep(loop_.wheel(), tick); !slept) co_return;
  }
  loop_.stop();
}

void Steward::take_signals() {
  const sigset_t set = our_signals();
  const timespec at_once{};
  for (int signal; (signal = sigtimedwait(&set, nullptr, &at_once)) > 0;) {
    next_bulletin_ = {};
    if (signal == SIGHUP) {
      desk_.reload({});
      continue;
    }
    if (signal == SIGUSR1) {  // after a rotation: the old files are let go
      world_.books().log().reopen();
      run::events().reopen(run::event_settings(world_.loaded().config->log));
      continue;
    }
    if (++terminations_ == 1) {
      run::log_info("stopping: connections have until limits.drain");
      say_stopping();
    }
  }
}

/// Once a second is often enough for people.
void Steward::say_state() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_state_) return;
  next_state_ = now + std::chrono::seconds(1);
  state_line_.say(desk_.state_line());
}

/// The access log never stops anything, so somebody has to be told once that lines are being lost, and once that it is
/// over.
void Steward::watch_logs() {
  account::AccessLog& access = world_.books().log();
  const account::EventLog& events = run::events();
  const auto watch = [](const auto& log, const std::string& name, std::error_code& before) {
    const std::error_code now = log.error();
    if (now == std::exchange(before, now)) return;
    if (now) {
      run::log_error(name + ' ' + log.where() + " cannot be written: " + now.message());
    } else {
      run::log_info(name + ' ' + log.where() + " is written again, lost=" + std::to_string(log.lost()));
    }
  };
  watch(access, "access log", access_error_);
  watch(events, "event log", events_error_);
  if (const auto now = std::chrono::steady_clock::now(); now >= next_tending_) {
    access.tend();
    next_tending_ = now + std::chrono::minutes(1);
  }
}

/// An event a spell: when connections begin to follow on_failure, and how many did until now.
void Steward::watch_unjudged() {
  constexpr Duration every = std::chrono::seconds(10);
  const auto now = std::chrono::steady_clock::now();
  if (now < next_count_) return;
  next_count_ = now + every;
  const auto wire = world_.kernel().counters();
  std::string parts;
  std::uint64_t sum = 0;
  for (const weir_wire_reason reason : {WEIR_WIRE_no_daemon, WEIR_WIRE_overloaded, WEIR_WIRE_listener_full,
                                        WEIR_WIRE_flow_map_full, WEIR_WIRE_assign_failed, WEIR_WIRE_takeover_failed}) {
    sum += wire[reason];
    if (wire[reason] > 0) parts += ' ' + std::string(word(reason)) + '=' + std::to_string(wire[reason]);
  }
  if (sum > std::exchange(unjudged_, sum)) run::log_warning("new connections followed on_failure:" + parts);
}

}  // namespace weir::control
