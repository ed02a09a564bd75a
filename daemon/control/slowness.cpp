#include "control/slowness.h"

#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "load/file.h"

namespace weir::control {

namespace {

using account::Span;
using account::Usual;
using account::Way;
using Json = nlohmann::json;

constexpr std::size_t largest = 1 << 20;
constexpr int version = 1;

std::string path_in(const std::string& folder) { return folder + "/slow.json"; }

/// The name of a span in the file.
std::string name_of(Span span) { return std::string(stage(span)) + '_' + std::string(carrier(span)); }

/// {"begin": 1741575600, "took": {"inside_held": [count, us]}, "handshakes": [[sent, again], [..]], "segments": ...}
Json to_json(const account::Summary& hour) {
  Json took = Json::object();
  for (int s = 0; s < account::spans; ++s) {
    const account::Middle& middle = hour.took[s];
    if (middle.count > 0) took[name_of(static_cast<Span>(s))] = {middle.count, middle.us};
  }
  const auto sent = [](const auto& both) { return Json{{both[0].sent, both[0].again}, {both[1].sent, both[1].again}}; };
  return {{"begin", hour.begin},
          {"took", std::move(took)},
          {"handshakes", sent(hour.handshakes)},
          {"segments", sent(hour.segments)}};
}

/// Throws what nlohmann/json throws.
account::Summary summary_from(const Json& json) {
  account::Summary hour{.begin = json.at("begin").get<std::int64_t>()};
  for (int s = 0; s < account::spans; ++s) {
    const auto found = json.at("took").find(name_of(static_cast<Span>(s)));
    if (found != json.at("took").end())
      hour.took[s] = {found->at(0).get<std::uint64_t>(), found->at(1).get<std::uint64_t>()};
  }
  const auto sent = [&](const char* name, auto& both) {
    for (std::size_t w = 0; w < account::ways; ++w) {
      const Json& pair = json.at(name).at(w);
      both[w] = {pair.at(0).get<std::uint64_t>(), pair.at(1).get<std::uint64_t>()};
    }
  };
  sent("handshakes", hour.handshakes);
  sent("segments", hour.segments);
  return hour;
}

/// Empty: it is not what keep() writes.
std::optional<std::vector<account::Summary>> hours_in(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("version") != version) return {};
    std::vector<account::Summary> hours;
    for (const Json& hour : json.at("hours")) hours.push_back(summary_from(hour));
    return hours;
  } catch (const Json::exception&) {
    return {};
  }
}

double milliseconds(const account::Middle& middle) { return static_cast<double>(middle.us) / 1000; }

double percent(const account::SentOf<std::uint64_t>& of) {
  return of.sent == 0 ? 0 : 100 * static_cast<double>(of.again) / static_cast<double>(of.sent);
}

SlowSpan span_of(const Usual::Compared& c, Span span) {
  return {.carrier = std::string(carrier(span)),
          .count = c.now.of(span).count,
          .now_ms = milliseconds(c.now.of(span)),
          .usual_ms = milliseconds(c.usual.of(span)),
          .slow = is_slow(span, c.now.of(span), c.usual.of(span))};
}

std::vector<SlowStage> stages_of(const Usual::Compared& c) {
  std::vector<SlowStage> all;
  for (int s = 0; s < account::spans; ++s) {
    const auto span = static_cast<Span>(s);
    if (all.empty() || all.back().stage != stage(span)) all.push_back({.stage = std::string(stage(span)), .spans = {}});
    all.back().spans.push_back(span_of(c, span));
  }
  return all;
}

std::vector<SentAgain> again_of(const Usual::Compared& c) {
  std::vector<SentAgain> all;
  const auto add = [&](int w, const char* carrier, const auto& now, const auto& usual) {
    if (now[w].sent == 0) return;
    all.push_back({.side = std::string(word(static_cast<Way>(w))),
                   .carrier = carrier,
                   .sent = now[w].sent,
                   .again = now[w].again,
                   .usual_percent = percent(usual[w])});
  };
  for (int w = 0; w < account::ways; ++w) {
    add(w, "passed", c.now.handshakes, c.usual.handshakes);
    add(w, "held", c.now.segments, c.usual.segments);
  }
  return all;
}

/// Where most of the time goes, of what is measured often enough.
std::string most_of(const account::Summary& now) {
  std::string most;
  std::uint64_t us = 0;
  for (int s = 0; s < account::spans; ++s) {
    const account::Middle& middle = now.took[s];
    if (middle.count < account::enough || middle.us <= us) continue;
    us = middle.us;
    most = stage(static_cast<Span>(s));
  }
  return most;
}

}  // namespace

Slowness::Slowness(std::string folder, std::int64_t now) : folder_(std::move(folder)) {
  std::string text;
  struct stat there {};
  if (::stat(path_in(folder_).c_str(), &there) != 0) return;  // the first run
  const auto read = load::read_file(path_in(folder_), largest, text);
  auto hours = read ? hours_in(text) : std::nullopt;
  if (hours)
    usual_.recall(std::move(*hours), now);
  else
    trouble_ = "what was usual before this run could not be read and is learned anew: " + path_in(folder_);
}

void Slowness::keep() {
  if (folder_.empty()) return;
  Json hours = Json::array();
  for (const account::Summary& hour : usual_.hours()) hours.push_back(to_json(hour));
  const Json all{{"version", version}, {"hours", std::move(hours)}};
  ::mkdir(folder_.c_str(), 0750);  // the package makes it; a first run by hand does here
  const auto kept = load::write_file(path_in(folder_), all.dump() + '\n');
  trouble_ = kept ? "" : "what is usual will not outlive this run: " + kept.error().cause.message();
}

Slow Slowness::compare(const account::TimingSums& sums, std::int64_t now) const {
  const Usual::Compared c = usual_.compare(sums, now);
  Slow slow{.now = now, .from = c.now.begin, .verdict = std::string(word(c.judged.verdict)), .since = c.since};
  if (c.judged.by) {
    const double usual_us = std::max<double>(1, static_cast<double>(c.usual.of(*c.judged.by).us));
    slow.times = std::round(10 * static_cast<double>(c.now.of(*c.judged.by).us) / usual_us) / 10;
  }
  slow.passed_too = c.judged.passed_too;
  slow.most = most_of(c.now);
  slow.trouble = trouble_;
  if (c.days > 0)
    slow.usual = plural(c.days, "day", "days") + " at this hour";
  else if (c.pieces > 0)
    slow.usual = "the last " + std::to_string(c.pieces * Usual::window / 60) + " min";
  if (slow.usual.empty())
    slow.needs = "an hour with connections in every 5 minutes, or 2 days at this hour";
  else if (c.judged.verdict == account::Verdict::unknown)
    slow.needs = std::to_string(account::enough) + " connections within 5 minutes";
  slow.stages = stages_of(c);
  slow.again = again_of(c);
  return slow;
}

}  // namespace weir::control
