// Who asked for a name: read from the access log and what it was turned over to, JSON lines, without the daemon's help.
// What cannot be known is said: lines that are not read, files that are compressed, connections that named nobody.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <expected>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/calendar.h"
#include "base/name.h"
#include "base/units.h"
#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

namespace fs = std::filesystem;

namespace {

void note(std::vector<std::string>& all, const std::string& one) {
  if (!one.empty() && std::ranges::count(all, one) == 0) all.push_back(one);
}

/// What was read before the device was known by its name.
void merge(Visitor& into, const Visitor& other) {
  into.first = into.first == 0 ? other.first : std::min(into.first, other.first);
  into.last = std::max(into.last, other.last);
  into.times += other.times;
  into.received += other.received;
  into.refused += other.refused;
  for (const std::string& depth : other.depths) note(into.depths, depth);
  for (const std::string& address : other.addresses) note(into.addresses, address);
}

}  // namespace

/// A device is known by its hardware address; the name leads to it where a line has none.  Its name is the last one.
Visitor& Visits::of(const control::FlowLine& flow, std::int64_t begun) {
  const std::string& name = flow.client_name;
  std::string key = flow.mac;
  if (key.empty() && !name.empty()) key = macs.contains(name) ? macs[name] : name;
  if (key.empty()) key = flow.client;
  Visitor& visitor = clients[key];
  if (!flow.mac.empty()) visitor.mac = flow.mac;
  if (!name.empty() && begun >= visitor.named) {
    visitor.name = name;
    visitor.named = begun;
  }
  if (!flow.mac.empty() && !name.empty()) {
    macs.try_emplace(name, flow.mac);
    if (const auto before = clients.find(name); before != clients.end()) {
      merge(visitor, before->second);
      clients.erase(before);
    }
  }
  note(visitor.addresses, flow.client);
  return visitor;
}

void Visits::add(const std::string& line) {
  // Most lines are about other names or times: they are not parsed as a whole.
  constexpr std::string_view start = "{\"ts\":\"", named = "\"host\":\"";
  constexpr std::size_t ts_size = 24;
  if (line.starts_with(start)) {
    const std::int64_t begun = seconds_of(line.substr(start.size(), ts_size));
    if (begun != 0 && (begins == 0 || begun < begins)) begins = begun;
    if (!within_limits(begun)) return;
    if (line.find(named) != line.npos && line.find(host) == line.npos) {
      ++lines;
      return;
    }
  }
  const auto parsed = control::parse_json<control::FlowLine>(line);
  if (!parsed || parsed->ts.empty() || parsed->client.empty()) {
    ++unreadable;
    return;
  }
  const control::FlowLine& flow = *parsed;
  const std::int64_t begun = seconds_of(flow.ts);
  begins = begins == 0 ? begun : std::min(begins, begun);
  if (!within_limits(begun)) return;
  ++lines;
  nameless += flow.host.empty();
  if (flow.host.empty() || !within(flow.host, host)) return;
  const bool refuses = flow.action == "block" || flow.action == "reset" || flow.action == "redirect";
  merge(of(flow, begun), {.first = begun,
                          .last = begun + static_cast<std::int64_t>(flow.duration_ms / 1000),
                          .times = 1,
                          .received = flow.bytes_out,
                          .refused = refuses ? 1u : 0u,
                          .depths = {spoken_depth(flow.depth)}});
}

namespace {

/// As people know it: by name, by its address, or, where it has several, by hardware address.
std::string label_of(const std::string& key, const Visitor& visitor) {
  if (!visitor.name.empty()) return visitor.name;
  return visitor.addresses.size() == 1 ? visitor.addresses.front() : key;
}

/// In the order in which they are shown.
std::multimap<std::string, const Visitor*> labelled(const Visits& v) {
  std::multimap<std::string, const Visitor*> all;
  for (const auto& [key, visitor] : v.clients) all.emplace(label_of(key, visitor), &visitor);
  return all;
}

/// Whether there may be more than the log tells.
bool partly(const Visits& v) {
  const bool late = (v.from != 0 && v.from < v.begins) || (v.to != 0 && v.to <= v.begins);
  return v.only_blocked || v.unreadable + v.compressed + v.lost > 0 || v.begins == 0 || late;
}

/// There is none; and whether that is known.
std::string nobody_text(const Visits& v) {
  const std::string host = printable(v.host);
  if (v.blind()) return "this log cannot be read: who asked for " + host + " is not known";
  if (v.begins == 0) return "the log is empty: who asked for " + host + " is not known";
  if (v.to != 0 && v.to <= v.begins) return "the log begins later: who asked for " + host + " is not known";
  if (v.only_blocked) return "nobody was refused " + host + "; who was allowed is not written down";
  return "nobody asked for " + host + (partly(v) || v.nameless > 0 ? ", as far as this log tells" : "");
}

/// What the log cannot tell.
void unknown(const Visits& v, std::int64_t now, Page& page) {
  if (v.only_blocked)
    page.trouble(Mark::attention, "not written", "what rules allowed: log.only = \"blocked\"", "log.only = \"all\"");
  if (v.begins != 0 && v.from < v.begins) {
    const std::string begins = "at " + clock_text(v.begins, now);
    if (v.from == 0)
      page.row("log begins", begins);
    else
      page.trouble(Mark::attention, "log begins", begins + ": of the time before nothing is known", "");
  }
  if (v.nameless > 0) {
    char share[16];
    std::snprintf(share, sizeof share, "%.1f %%",
                  100.0 * static_cast<double>(v.nameless) / static_cast<double>(v.lines));
    page.row("not countable", std::string(share) + " of the lines name no host");
  }
  if (v.lost > 0) page.row("lost", plural(v.lost, "line", "lines") + " since the daemon began");
  if (v.compressed > 0) page.row("not read", plural(v.compressed, "compressed file", "compressed files"));
  if (v.unreadable > 0) {
    page.trouble(Mark::attention, "not read", plural(v.unreadable, "line that is", "lines that are") + " not JSON",
                 "log.format = \"json\"");
  }
}

}  // namespace

std::string who_text(const Visits& v, std::int64_t now, const Look& look) {
  Page page(look);
  std::uint64_t times = 0;
  for (const auto& [key, visitor] : v.clients) times += visitor.times;
  const std::string span = plural(v.files, "file", "files") + ", " + plural(v.lines, "line", "lines");
  std::string answer = plural(v.clients.size(), "client", "clients") + ", " + plural(times, "time", "times");
  if (v.clients.empty()) answer = nobody_text(v);
  page.headline(partly(v) ? Mark::attention : Mark::fine, answer, span);
  using enum Table::Align;
  Table table({{"first", left},
               {"last", left},
               {"client", left, 15},
               {"times", right},
               {"received", right},
               {"how", left, 10}});
  for (const auto& [label, visitor] : labelled(v)) {
    std::string how;
    for (const std::string& depth : visitor->depths) how += (how.empty() ? "" : ", ") + depth;
    if (visitor->refused > 0) how += "; " + count_text(visitor->refused) + " refused";
    table.add({clock_text(visitor->first, now), clock_text(visitor->last, now), printable(label),
               count_text(visitor->times), visitor->received == 0 ? "-" : size_text(visitor->received), how});
  }
  if (!table.empty()) table.print(page);
  unknown(v, now, page);
  page.hint("connections that last still: proxyctl flows --host " + printable(v.host));
  return page.text();
}

namespace {

/// "2026-01-02 15:30" or "2026-01-02" on this machine's clock, in seconds since 1970.
std::optional<std::int64_t> moment_of(const std::string& text) {
  auto wall = parse_wall(text);
  if (!wall) wall = parse_wall(text + " 00:00");
  if (!wall) return {};
  std::tm local{};
  const std::time_t as_utc = wall->time_since_epoch().count();
  gmtime_r(&as_utc, &local);
  local.tm_isdst = -1;
  return std::mktime(&local);
}

/// The log and what it was turned over to, by Weir or by others; how many are compressed.
std::vector<fs::path> files_of(const fs::path& log, std::uint64_t& compressed) {
  std::vector<fs::path> found;
  const std::string name = log.filename().string();
  std::error_code error;
  for (fs::directory_iterator at(log.parent_path(), error), end; !error && at != end; at.increment(error)) {
    const std::string other = at->path().filename().string();
    if (!other.starts_with(name)) continue;
    const std::string_view suffix = std::string_view(other).substr(name.size());
    const bool turned =
        suffix.size() > 1 && (suffix[0] == '-' || suffix[0] == '.') && suffix[1] >= '0' && suffix[1] <= '9';
    if (!suffix.empty() && !turned) continue;
    if (suffix.find_first_not_of("-.0123456789") != suffix.npos)
      ++compressed;
    else
      found.push_back(at->path());
  }
  std::ranges::sort(found);
  return found;
}

nlohmann::ordered_json to_json(const Visits& v) {
  auto clients = nlohmann::ordered_json::array();
  for (const auto& [label, visitor] : labelled(v)) {
    clients.push_back({{"client", visitor->addresses.back()},
                       {"name", visitor->name},
                       {"mac", visitor->mac},
                       {"addresses", visitor->addresses},
                       {"first", visitor->first},
                       {"last", visitor->last},
                       {"times", visitor->times},
                       {"received", visitor->received},
                       {"refused", visitor->refused},
                       {"how", visitor->depths}});
  }
  return {{"host", v.host},         {"files", v.files},           {"lines", v.lines},
          {"nameless", v.nameless}, {"unreadable", v.unreadable}, {"compressed", v.compressed},
          {"lost", v.lost},         {"begins", v.begins},         {"only", v.only_blocked ? "blocked" : ""},
          {"clients", clients}};
}

/// What the running daemon says of its log; the default where none runs.
std::expected<control::Status, Unanswered> asked(const Arguments& arguments) {
  control::Status status;
  status.log.path = "/var/log/weir/access.log";
  if (!arguments.log.empty()) {
    status.log.path = fs::absolute(arguments.log).string();
    return status;
  }
  const auto answer = ask(arguments.socket, {.path = "/v1/status", .patience = short_patience});
  if (!answer && answer.error().why == Unanswered::Why::not_running) return status;
  // It runs and does not say where it writes: another log would tell another story.
  if (!answer) return std::unexpected(answer.error());
  return control::parse_json<control::Status>(answer->body).value_or(status);
}

}  // namespace

int who(const Arguments& arguments, const Look& look) {
  const auto usage = [&](const std::string& what) {
    return complain(look, what, "proxyctl who --help", control::exit_usage);
  };
  const auto host = normalise_name(arguments.host);
  if (!host) return usage("not a host name: " + printable(arguments.host));
  Visits visits{.host = *host};
  for (const auto& [text, to] : {std::pair(&arguments.from, &visits.from), std::pair(&arguments.to, &visits.to)}) {
    if (text->empty()) continue;
    const auto moment = moment_of(*text);
    if (!moment) return usage("not \"2026-01-02\" or \"2026-01-02 15:30\": " + printable(*text));
    *to = *moment;
  }
  const auto status = asked(arguments);
  if (!status) return complain(look, status.error());
  const std::string& path = status->log.path;
  if (path.empty())
    return complain(look, "the access log is off: nobody knows who asked for " + *host,
                    "--log PATH reads one of before");
  if (!path.starts_with('/')) return complain(look, "the access log is no file: " + printable(path), "--log PATH");
  visits.only_blocked = status->log.only == "blocked";
  visits.lost = status->log.dropped + status->log.lost + status->events_lost;
  for (const fs::path& file : files_of(path, visits.compressed)) {
    std::ifstream in(file);
    if (!in) return complain(look, file.string() + " cannot be read", "the same command as root");
    ++visits.files;
    for (std::string line; std::getline(in, line);) visits.add(line);
  }
  if (visits.files == 0) {
    std::error_code hidden;
    const bool there = fs::exists(path, hidden) || hidden;
    return complain(look, there ? printable(path) + " cannot be read" : "there is no " + printable(path),
                    there ? "the same command as root" : "--log PATH");
  }
  const std::string out =
      arguments.json ? to_json(visits).dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n"
                     : who_text(visits, std::time(nullptr), look);
  std::fputs(out.c_str(), stdout);
  return visits.blind() ? control::exit_refused : control::exit_done;
}

}  // namespace weir::proxyctl
