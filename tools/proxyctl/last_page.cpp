// What is shown of a daemon that runs and does not answer: the page that it left beside its socket.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

namespace {

using control::LastPage;

constexpr std::streamoff largest = 4 << 20;
/// A page comes every two seconds, from a thread that waits for no other.
constexpr std::int64_t stale_after = 4;

/// Empty: there is none, or it is not understood.
std::optional<LastPage> read_last_page(const std::string& socket) {
  std::ifstream file(socket + ".last", std::ios::ate);
  if (!file || file.tellg() <= 0 || file.tellg() > largest) return {};
  file.seekg(0);
  std::stringstream all;
  all << file.rdbuf();
  return control::parse_json<LastPage>(all.str());
}

/// Nothing of the process comes round.
bool hangs(const LastPage& page, std::int64_t now) { return now - page.written > stale_after; }

std::int64_t seconds_now() { return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()); }

/// A page that was written since nobody answered, or one that is stale: whoever stands still looks busy at first.
std::optional<LastPage> page_after_silence(const std::string& socket) {
  const auto first = read_last_page(socket);
  auto page = first;
  while (page && page->written == first->written && !hangs(*page, seconds_now())) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    page = read_last_page(socket);
  }
  return page;
}

/// "14:02:11" on the day of `now`, else with the date.
std::string since_text(std::int64_t time, std::int64_t now) {
  const std::string then = moment_text(time), today = moment_text(now);
  return then.substr(0, 10) == today.substr(0, 10) ? then.substr(11) : then;
}

std::string judged_text(const control::Health& health) {
  return health.well ? "new connections are judged" : "new connections follow on_failure";
}

}  // namespace

std::string last_page_words(const LastPage& page, std::int64_t now, const Look& look) {
  Page top(look);
  if (hangs(page, now)) {
    top.headline(Mark::act, "the daemon does not answer, since " + since_text(page.written, now) +
                                "; new connections follow on_failure");
    top.hint("systemctl restart weir; what is in its way: proxyctl doctor");
  } else {
    top.headline(page.health.well ? Mark::attention : Mark::act,
                 "the daemon is busy, since " + since_text(page.asked, now) + "; " + judged_text(page.health));
    top.hint("wait a little; if it stays so: systemctl restart weir");
    if (!page.health.well) top.row("not judged", printable(page.health.reason));
  }
  return top.text();
}

std::string last_page_text(const LastPage& page, std::int64_t now, const Look& look) {
  Page known(look);
  known.row("last known", "at " + since_text(page.asked, now) + ":");
  return last_page_words(page, now, look) + known.text() + status_text(page.status, look);
}

control::Status last_status(const LastPage& page, std::int64_t now) {
  control::Status status = page.status;
  status.state = hangs(page, now) ? "hangs" : "busy";
  return status;
}

control::Health last_health(const LastPage& page, std::int64_t now) {
  control::Health health = page.health;
  if (!hangs(page, now)) return health;
  health.well = false;
  health.reason =
      "the daemon does not answer since " + since_text(page.written, now) + ", new connections follow on_failure";
  health.line = "not well: " + health.reason;
  return health;
}

std::optional<int> show_last_page(const Arguments& arguments, const Look& look, const Unanswered& unanswered) {
  if (unanswered.why != Unanswered::Why::silent) return {};
  const auto page = page_after_silence(arguments.socket);
  if (!page) return {};
  const std::int64_t now = seconds_now();
  if (arguments.json) {
    std::fputs(last_page_words(*page, now, look).c_str(), stderr);
    std::printf("%s\n", control::json_text(last_status(*page, now)).c_str());
  } else {
    std::fputs(last_page_text(*page, now, look).c_str(), stdout);
  }
  return control::exit_refused;
}

std::optional<control::Health> last_known_health(const std::string& socket, const Unanswered& unanswered) {
  if (unanswered.why != Unanswered::Why::silent) return {};
  const auto page = page_after_silence(socket);
  if (!page) return {};
  return last_health(*page, seconds_now());
}

}  // namespace weir::proxyctl
