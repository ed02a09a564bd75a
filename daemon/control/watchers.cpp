#include "control/watchers.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "control/server.h"
#include "control/socket.h"
#include "control/watch.h"
#include "io/wheel.h"
#include "run/log.h"
#include "shapes/json.h"

namespace weir::control {

namespace {

constexpr Duration page_every = std::chrono::seconds(2);

std::int64_t seconds_now() { return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()); }

/// Whole or not at all.  Not flushed: it lies in memory, and is of use only until the next boot.
bool put(const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  const Fd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return false;
  return std::rename(beside.c_str(), path.c_str()) == 0;
}

}  // namespace

std::string last_page_of(const std::string& socket) { return socket + ".last"; }

Watchers::Watchers(Gauges& gauges, const Board& board, std::optional<Endpoint> metrics, const std::string& socket)
    : gauges_(gauges), board_(board), metrics_(std::move(metrics)), page_(last_page_of(socket)) {}

Watchers::~Watchers() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
  ::unlink(page_.c_str());
}

void Watchers::start() {
  if (metrics_) open(*metrics_);
  leave_page();
  loop_.spawn(leave_pages());
  thread_ = std::jthread([this] {
    pthread_setname_np(pthread_self(), "weir-watch");
    loop_.run();
  });
}

void Watchers::open(const Endpoint& place) {
  auto listening = listen_at(place);
  if (listening) return loop_.spawn(answer_watchers(std::move(*listening)));
  run::log_error("control.metrics " + place.to_string() + " cannot be opened: " + listening.error().cause.message());
}

io::Task<void> Watchers::answer_watchers(Fd listening) {
  Handler handler = [this](std::string_view method, std::string_view target) {
    return watched(gauges_, *board_.read(), seconds_now(), method, target);
  };
  const auto served = co_await serve(loop_, std::move(listening), std::move(handler));
  if (!served && served.error() != Errc::stopped)
    run::log_error("control.metrics failed: " + served.error().cause.message());
}

io::Task<void> Watchers::leave_pages() {
  for (;;) {
    const auto slept = co_await io::sleep(loop_.wheel(), page_every);
    if (!slept) co_return;
    leave_page();
  }
}

/// Where it cannot be left there is none: what remains is what proxyctl says without it.
void Watchers::leave_page() {
  const auto bulletin = board_.read();
  LastPage page{.written = seconds_now(), .asked = bulletin->posted, .health = {}, .status = bulletin->status};
  page.health = health_of(gauges_, *bulletin, page.written);
  put(page_, json_text(page) + '\n');
}

}  // namespace weir::control
