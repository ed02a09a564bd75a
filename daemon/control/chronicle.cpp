#include "control/chronicle.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/fd.h"
#include "base/text.h"
#include "load/file.h"
#include "run/log.h"
#include "shapes/json.h"

namespace weir::control {

namespace {

using Json = nlohmann::json;

constexpr std::size_t largest = 16 << 20;  // far more than twice the most lines have
constexpr std::size_t words_told = 3;      // a line of the history is one line on the screen

/// "a, b and c", "a, b, c and 4 more"
std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size() && i < words_told; ++i) {
    const bool last = i + 1 == words.size();
    text += (i == 0 ? "" : last ? " and " : ", ") + words[i];
  }
  return words.size() <= words_told ? text : text + " and " + std::to_string(words.size() - words_told) + " more";
}

std::string dump(const Event& event, const std::string& boot) {
  Json json = Json::parse(json_text(event));
  if (!boot.empty()) json["boot"] = boot;
  return json.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) + '\n';
}

/// One write(2): a line is in the file whole, or it was cut by what ended the machine.
Result<void> append(const std::string& path, std::string_view text) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!fd) return fail_errno();
  const ssize_t put = ::write(fd.get(), text.data(), text.size());
  if (put < 0) return fail_errno();
  if (static_cast<std::size_t>(put) != text.size()) return fail(Errc::system, {ENOSPC, std::system_category()});
  if (::fsync(fd.get()) != 0) return fail_errno();
  return {};
}

}  // namespace

std::string told(const config::Change& change) {
  if (!change.list.empty()) return listed(change.host) + " excepted from " + change.list;
  const std::string who = change.client.empty() ? "for everyone" : "for " + matched(change.client, "everyone", listed);
  const std::string what = change.never                     ? "never opened"
                           : change.action == Action::pass  ? "paused"
                           : change.action == Action::allow ? "open"
                                                            : "blocked";
  return matched(change.host, "everything", listed) + (change.host.empty() ? "" : " ") + what + ' ' + who;
}

std::string numbers_of(const std::vector<config::Change>& changes) {
  std::vector<std::string> numbers;
  for (const config::Change& change : changes) numbers.push_back(std::to_string(change.number));
  return listed(numbers);
}

Chronicle::Chronicle(const std::string& folder) : path_(folder + "/history") {
  ::mkdir(folder.c_str(), 0750);  // a first run by hand; if it fails, the first event says why
  read();
}

void Chronicle::read() {
  std::string text;
  if (!load::read_file(path_, largest, text)) return;
  torn_ = !text.empty() && text.back() != '\n';
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    ++on_disk_;
    const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) continue;
    auto event = parse_json<Event>(line);
    if (!event) continue;
    lines_.push_back({std::move(*event), json.value("boot", "")});
    if (lines_.size() > most) lines_.pop_front();
  }
}

void Chronicle::begin(Event started, const std::string& boot) {
  const auto last = std::find_if(lines_.rbegin(), lines_.rend(), [](const Line& line) {
    return line.event.what == "started" || line.event.what == "stopped";
  });
  if (last != lines_.rend() && last->event.what == "started") {
    const bool same = last->boot == boot;
    add({.ts = started.ts,
         .what = "died",
         .text = same ? "it crashed or was killed" : "power, reset, or the system crashed",
         .config = {}});
  }
  put({std::move(started), boot});
}

void Chronicle::add(Event event) { put({std::move(event), {}}); }

void Chronicle::put(Line line) {
  const std::string text =
      std::exchange(torn_, false) ? "\n" + dump(line.event, line.boot) : dump(line.event, line.boot);
  lines_.push_back(std::move(line));
  if (lines_.size() > most) lines_.pop_front();
  Result<void> done;
  if (++on_disk_ <= 2 * most) {
    done = append(path_, text);
  } else {
    std::string all;
    for (const Line& kept : lines_) all += dump(kept.event, kept.boot);
    done = load::write_file(path_, all);
    on_disk_ = lines_.size();
  }
  if (std::exchange(failing_, !done) == !done || done) return;
  run::log_warning("the history cannot be kept in " + path_ + ": " + done.error().cause.message());
}

std::vector<Event> Chronicle::since(std::int64_t time) const {
  std::vector<Event> events;
  for (const Line& line : lines_) {
    if (line.event.ts >= time) events.push_back(line.event);
  }
  return events;
}

}  // namespace weir::control
