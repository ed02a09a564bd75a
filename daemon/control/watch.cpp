#include "control/watch.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <initializer_list>
#include <utility>

#include "control/outage.h"

namespace weir::control {

namespace {

/// A bulletin comes every two seconds.
constexpr std::int64_t stale_after = 4;

/// "14:02:11" on this machine's clock.
std::string clock_of(std::int64_t time) {
  const std::time_t at = time;
  std::tm local{};
  ::localtime_r(&at, &local);
  char text[16];
  std::strftime(text, sizeof text, "%H:%M:%S", &local);
  return text;
}

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// The text format, version 0.0.4: a family's HELP and TYPE once, then its samples.
class Exposition {
 public:
  Exposition& family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    suffix_ = {};
    text_.append("# HELP ").append(name).append(" ").append(help);
    text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
    return *this;
  }
  /// Of a family whose samples have longer names than itself: what comes next is called so.
  Exposition& part(std::string_view suffix) {
    suffix_ = suffix;
    return *this;
  }
  Exposition& sample(double value, Labels labels = {}) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.17g", value);
    return line(digits, labels);
  }
  Exposition& sample(std::uint64_t value, Labels labels = {}) { return line(std::to_string(value), labels); }
  Exposition& sample(std::int64_t value, Labels labels = {}) { return line(std::to_string(value), labels); }
  Exposition& sample(bool value, Labels labels = {}) { return line(value ? "1" : "0", labels); }

  std::string text() && { return std::move(text_); }

 private:
  Exposition& line(std::string_view value, Labels labels) {
    text_.append(name_).append(suffix_);
    const char* before = "{";
    for (const auto& [name, content] : labels) {
      text_.append(before).append(name).append("=\"");
      for (const char c : content) append_escaped(c);
      text_ += '"';
      before = ",";
    }
    if (labels.size() > 0) text_ += '}';
    text_.append(" ").append(value).append("\n");
    return *this;
  }
  void append_escaped(char c) {
    if (c == '\\' || c == '"') text_ += '\\';
    if (c == '\n')
      text_ += "\\n";
    else
      text_ += c;
  }

  std::string text_;
  std::string_view name_, suffix_;
};

void describe(Exposition& out, const Status& s, const Health& health) {
  out.family("weir_build_info", "gauge", "The program that runs and what this kernel allows; always 1.")
      .sample(true, {{"version", s.version},
                     {"kernel", s.tier.kernel},
                     {"attach", s.tier.attach},
                     {"takeover", s.tier.takeover ? "yes" : "no"}});
  out.family("weir_healthy", "gauge", "1 while new connections are judged.").sample(health.well);
  out.family("weir_draining", "gauge", "1 while new connections pass since Weir stops or is drained.")
      .sample(s.state != "running");
  out.family("weir_observing", "gauge", "1 while nothing is changed or refused.").sample(s.would.observe);
  out.family("weir_paused", "gauge", "1 while nothing is judged, of some clients or all, by a change by hand.")
      .sample(std::ranges::any_of(s.by_hand, pauses));
  out.family("weir_changes_by_hand", "gauge", "Changes by hand that are in force.")
      .sample(std::uint64_t{s.by_hand.size()});
  out.family("weir_policy_info", "gauge", "The configuration in force, by the hash of its files; always 1.")
      .sample(true, {{"config", s.policy.config}});
  out.family("weir_policy_since_timestamp_seconds", "gauge", "When the configuration came into force.")
      .sample(s.policy.since);
  out.family("weir_policy_rules", "gauge", "Rules of the configuration in force.").sample(s.policy.rules);
  out.family("weir_policy_names", "gauge", "Names in all lists.").sample(s.policy.names);
  out.family("weir_reload_ok", "gauge", "0 after a reload that was refused.").sample(s.policy.refused.empty());
  out.family("weir_config_differs", "gauge", "1 while the files on disk are not what runs.").sample(s.policy.differs);
}

void weigh(Exposition& out, const Memory& memory) {
  out.family("weir_memory_bytes", "gauge", "Memory of the daemon without the cache.").sample(memory.used);
  out.family("weir_memory_ceiling_bytes", "gauge", "What limits.memory allows; 0: any amount.").sample(memory.ceiling);
}

void count(Exposition& out, const account::Totals& totals) {
  const auto counter = [&](account::Count count, std::string_view text) {
    const std::string name = "weir_" + std::string(account::word(count)) + "_total";
    out.family(name, "counter", text).sample(totals.of(count));
  };
#define WEIR_COUNTER(name, text) counter(account::Count::name, text);
#include "weir/counters.def"
#undef WEIR_COUNTER
  out.family("weir_connections_open", "gauge", "Connections that have begun and not ended, on the wire too.")
      .sample(totals.open());
  out.family("weir_judged_total", "counter", "Connections by the depth at which they were judged.");
  for (int i = 0; i < account::depths; ++i) out.sample(totals.depth[i], {{"depth", word(static_cast<Depth>(i))}});
  out.family("weir_actions_total", "counter", "Requests, and connections without any, by what was done.");
  for (int i = 0; i < account::actions; ++i) out.sample(totals.action[i], {{"action", word(static_cast<Action>(i))}});
  out.family("weir_would_actions_total", "counter", "The same by what a shadow or observing kept from being done.");
  for (int i = 0; i < account::actions; ++i) out.sample(totals.would[i], {{"action", word(static_cast<Action>(i))}});
}

void count_reasons(Exposition& out, Gauges& gauges, const account::Totals& totals) {
  const auto wire = gauges.wire();
  out.family("weir_wire_total", "counter", "What became of packets and flows in the kernel.");
  for (std::uint32_t i = 0; i < WEIR_WIRE_REASONS; ++i)
    out.sample(wire[i], {{"reason", word(static_cast<weir_wire_reason>(i))}});
  const auto by_reason = [&](const auto& counts) {
    for (int i = 0; i < close_reasons; ++i) {
      const auto reason = static_cast<CloseReason>(i);
      out.sample(counts[i], {{"reason", word(reason)}, {"failure", is_failure(reason) ? "yes" : "no"}});
    }
  };
  out.family("weir_endings_total", "counter", "Requests, and connections without any, by how they ended.");
  by_reason(totals.records);
  out.family("weir_connections_ended_total", "counter", "Connections by how they ended.");
  by_reason(totals.connections);
}

void count_rules(Exposition& out, const account::HitsByRule& hits) {
  out.family("weir_rule_decisions_total", "counter", "Requests, and connections without any, that a rule decided.");
  for (const auto& [rule, count] : hits) out.sample(count.did, {{"rule", rule}});
  out.family("weir_rule_would_total", "counter", "The same that it would have decided, were it not only counting.");
  for (const auto& [rule, count] : hits) out.sample(count.would, {{"rule", rule}});
}

/// What `le` of a bucket is, in seconds: a power of two of microseconds, every other bound of ours.
std::string seconds_of(int bucket) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.9g", 1e-6 * static_cast<double>(account::bound(bucket)));
  return digits;
}

void count_times(Exposition& out, const account::TimingSums& sums) {
  out.family("weir_stage_seconds", "histogram",
             "Time before, inside and behind Weir: to a client, in Weir, to an origin, until its answer.");
  for (int s = 0; s < account::spans; ++s) {
    const auto span = static_cast<account::Span>(s);
    const auto& took = sums.of(span);
    std::uint64_t so_far = 0;
    for (int bucket = 0; bucket < account::buckets; ++bucket) {
      so_far += took.bucket[bucket];
      const bool last = bucket == account::buckets - 1;
      if (bucket % 2 != 0 && !last) continue;
      out.part("_bucket").sample(
          so_far, {{"stage", stage(span)}, {"carrier", carrier(span)}, {"le", last ? "+Inf" : seconds_of(bucket)}});
    }
    out.part("_sum").sample(1e-6 * static_cast<double>(took.sum_us),
                            {{"stage", stage(span)}, {"carrier", carrier(span)}});
    out.part("_count").sample(so_far, {{"stage", stage(span)}, {"carrier", carrier(span)}});
  }
  const auto sides = [&](std::string_view name, std::string_view help, const auto& of, auto member) {
    out.family(name, "counter", help);
    for (int w = 0; w < account::ways; ++w) out.sample(of[w].*member, {{"side", word(static_cast<account::Way>(w))}});
  };
  using Sent = account::SentOf<std::uint64_t>;
  sides("weir_handshakes_total", "Handshakes that were watched on the wire.", sums.handshakes, &Sent::sent);
  sides("weir_handshakes_sent_again_total", "Of them, such of which a part was lost on that side.", sums.handshakes,
        &Sent::again);
  sides("weir_segments_total", "Segments with data that Weir sent, of one connection in four.", sums.segments,
        &Sent::sent);
  sides("weir_segments_sent_again_total", "Of them, such as were sent before.", sums.segments, &Sent::again);
}

void describe(Exposition& out, const account::Reach& reach) {
  const auto silence = reach.silence(std::chrono::steady_clock::now());
  out.family("weir_origins_silent", "gauge", "1 while several addresses were asked and none answers, by family.")
      .sample(silence && silence->v4, {{"family", "ipv4"}})
      .sample(silence && silence->v6, {{"family", "ipv6"}});
}

void count_cache(Exposition& out, const cache::Store& store, std::uint64_t objects, const account::Totals& totals) {
  out.family("weir_cache_requests_total", "counter", "Requests by what the cache did.");
  for (int i = 0; i < cache_results; ++i) out.sample(totals.cache[i], {{"result", word(static_cast<CacheResult>(i))}});
  out.family("weir_cache_memory_bytes", "gauge", "Memory of stored responses.").sample(std::uint64_t{store.used()});
  out.family("weir_cache_ceiling_bytes", "gauge", "What cache.memory allows; 0: off.")
      .sample(std::uint64_t{store.ceiling()});
  out.family("weir_cache_objects", "gauge", "Stored responses.").sample(objects);
}

void count_lists(Exposition& out, const Lists& lists) {
  const auto each = [&](std::string_view name, std::string_view help, auto value) {
    out.family(name, "gauge", help);
    for (const ListLine& list : lists.lists) out.sample(value(list), {{"list", list.name}});
  };
  each("weir_list_names", "Names in a list.", [](const ListLine& l) { return l.names; });
  each("weir_list_updated_timestamp_seconds", "When the copy in force was taken; 0: not of a url, or never.",
       [](const ListLine& l) { return l.updated; });
  each("weir_list_held", "1 while an update waits for the operator.",
       [](const ListLine& l) { return !l.held.empty(); });
  each("weir_list_stale", "1 after the last attempt to fetch it failed.",
       [](const ListLine& l) { return !l.failure.empty(); });
}

void count_logs(Exposition& out, const Status& s, const account::AccessLog& access) {
  out.family("weir_log_lost_total", "counter", "Lines that a log's target did not take.");
  out.sample(access.lost(), {{"log", "access"}}).sample(s.events.lost, {{"log", "events"}});
  out.family("weir_log_failing", "gauge", "1 while a log's target takes no lines.");
  out.sample(bool{access.error()}, {{"log", "access"}}).sample(!s.events.error.empty(), {{"log", "events"}});
}

std::uint64_t open_descriptors() {
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(folder)) count += entry->d_name[0] != '.';
  ::closedir(folder);
  return count - 1;  // the folder's own
}

/// As every client library of Prometheus names them.
void describe_process(Exposition& out, std::int64_t started) {
  std::uint64_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  out.family("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.").sample(resident * page);
  out.family("process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.").sample(all * page);
  out.family("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.")
      .sample(seconds(used.ru_utime) + seconds(used.ru_stime));
  out.family("process_open_fds", "gauge", "Number of open file descriptors.").sample(open_descriptors());
  out.family("process_max_fds", "gauge", "Maximum number of open file descriptors.")
      .sample(std::uint64_t{files.rlim_cur});
  out.family("process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.")
      .sample(started);
}

}  // namespace

Health health_of(Gauges& gauges, const Bulletin& bulletin, std::int64_t now) {
  const Status& s = bulletin.status;
  Health health{.reason = s.state == "running"    ? gauges.ailment()
                          : s.state == "stopping" ? "Weir stops"
                                                  : "drained by hand, new connections pass unjudged"};
  health.well = health.reason.empty();
  const auto note = [&](bool holds, std::string text) {
    if (holds) health.notes.push_back(std::move(text));
  };
  note(now - bulletin.posted > stale_after, "the control thread is busy or hangs since " + clock_of(bulletin.posted));
  note(s.would.observe, "Weir only observes");
  note(std::ranges::any_of(s.by_hand, pauses), "paused by hand");
  note(!s.policy.refused.empty(), "the last reload was refused");
  note(s.policy.refused.empty() && s.policy.differs, "the file on disk differs");
  for (const std::string& list : s.policy.held) note(true, "an update of list " + list + " is held");
  for (const std::string& list : s.policy.stale) {
    const bool empty = std::ranges::count(s.policy.empty, list) > 0;
    note(true, "list " + list + (empty ? " was never fetched" : " is stale"));
  }
  const Outage outage = outage_of(gauges.books().reach());
  note(outage.since != 0, "no origin answers over " + outage.families + " since " + clock_of(outage.since));
  note(bool{gauges.books().log().error()} || !s.events.error.empty(), "log lines are lost");
  health.line = health.well ? "well" : "not well: " + health.reason;
  if (!health.well) return health;
  for (const std::string& one : health.notes) health.line += (&one == &health.notes.front() ? ", but " : ", ") + one;
  return health;
}

Bulletin bulletin_of(Desk& desk) {
  return {.posted = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()),
          .status = status_of(desk),
          .lists = desk.lists(),
          .hits = desk.books().hits(),
          .cache_objects = desk.cache().entries()};
}

std::string metrics_text(Gauges& gauges, const Bulletin& bulletin, std::int64_t now) {
  const account::Totals totals = gauges.books().totals();
  Exposition out;
  describe(out, bulletin.status, health_of(gauges, bulletin, now));
  out.family("weir_control_age_seconds", "gauge", "Since the control thread said what it alone knows.")
      .sample(std::max<std::int64_t>(0, now - bulletin.posted));
  count(out, totals);
  count_reasons(out, gauges, totals);
  count_rules(out, gauges.books().hits_now().value_or(bulletin.hits));
  count_times(out, gauges.books().timings());
  describe(out, gauges.books().reach());
  count_cache(out, gauges.cache(), bulletin.cache_objects, totals);
  weigh(out, bulletin.status.memory);
  count_lists(out, bulletin.lists);
  count_logs(out, bulletin.status, gauges.books().log());
  describe_process(out, bulletin.status.started);
  return std::move(out).text();
}

Answer watched(Gauges& gauges, const Bulletin& bulletin, std::int64_t now, std::string_view method,
               std::string_view target) {
  constexpr std::string_view plain = "text/plain; charset=utf-8";
  const std::string_view path = target.substr(0, target.find('?'));
  Answer answer{.type = plain, .head = method == "HEAD"};
  if (path != "/metrics" && path != "/healthz") {
    answer.status = 404;
    answer.body = "here are /metrics and /healthz\n";
  } else if (method != "GET" && method != "HEAD") {
    answer.status = 405;
    answer.body = "this path takes GET\n";
  } else if (path == "/metrics") {
    answer.type = "text/plain; version=0.0.4; charset=utf-8";
    answer.body = metrics_text(gauges, bulletin, now);
  } else {
    const Health health = health_of(gauges, bulletin, now);
    answer.status = health.well ? 200 : 503;
    answer.body = health.line + "\n";
  }
  return answer;
}

}  // namespace weir::control
