#include "control/manager.h"

#include <pthread.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include <condition_variable>
#include <mutex>
#include <utility>

namespace weir::control {

namespace {

/// For the control thread, whose longest work is a reload.
constexpr Duration patience = std::chrono::minutes(5);

}  // namespace

void say_ready() { sd_notify(0, "READY=1"); }

void say_reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto usec = static_cast<unsigned long long>(now.tv_sec) * 1'000'000 + static_cast<unsigned>(now.tv_nsec) / 1000;
  sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", usec);
}

void say_stopping() { sd_notify(0, "STOPPING=1"); }

void StateLine::say(const std::string& state) {
  if (std::exchange(said_, state) == state) return;
  sd_notify(0, ("STATUS=" + state).c_str());
}

Watchdog::Watchdog(const run::World& world) : world_(world) {
  turned();
  std::uint64_t usec = 0;
  if (sd_watchdog_enabled(0, &usec) <= 0) return;
  thread_ = std::jthread([this, every = Duration(std::chrono::microseconds(usec / 4))](std::stop_token stop) {
    pthread_setname_np(pthread_self(), "weir-watchdog");
    run(std::move(stop), every);
  });
}

void Watchdog::run(std::stop_token stop, Duration every) const {
  std::mutex mutex;
  std::condition_variable_any end;
  std::unique_lock lock(mutex);
  do {
    const Monotonic turned{Monotonic::duration(turned_.load())};
    const bool alive = std::chrono::steady_clock::now() - turned < patience;
    if (alive && world_.is_alive(2 * every)) sd_notify(0, "WATCHDOG=1");
    end.wait_for(lock, stop, every, [] { return false; });
  } while (!stop.stop_requested());
}

}  // namespace weir::control
