// Who asked for a name: read from the access log and what it was turned over to, JSON lines, without the daemon's help.
// What cannot be known is said: lines that are not read, files that are compressed, connections that named nobody.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
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

void Visits::add(const std::string& line) {
  // Most lines are about other names or times: they are not parsed as a whole.
  constexpr std::string_view start = "{\"ts\":\"", named = "\"host\":\"";
  constexpr std::size_t ts_size = 24;
  if (line.starts_with(start)) {
    if (!within_limits(seconds_of(line.substr(start.size(), ts_size)))) return;
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
  if (!within_limits(begun)) return;
  ++lines;
  nameless += flow.host.empty();
  if (flow.host.empty() || !within(flow.host, host)) return;
  const std::int64_t ended = begun + static_cast<std::int64_t>(flow.duration_ms / 1000);
  auto [at, fresh] = clients.try_emplace(flow.client, Visitor{.first = begun});
  Visitor& visitor = at->second;
  visitor.first = std::min(visitor.first, begun);
  visitor.last = std::max(visitor.last, ended);
  ++visitor.times;
  visitor.received += flow.bytes_out;
  visitor.refused += flow.action == "block" || flow.action == "reset" || flow.action == "redirect";
  const std::string depth = spoken_depth(flow.depth);
  if (std::ranges::count(visitor.depths, depth) == 0) visitor.depths.push_back(depth);
}

std::string who_text(const Visits& v, std::int64_t now, const Look& look) {
  Page page(look);
  std::uint64_t times = 0;
  for (const auto& [client, visitor] : v.clients) times += visitor.times;
  const std::string span = plural(v.files, "file", "files") + ", " + plural(v.lines, "line", "lines");
  if (v.clients.empty())
    page.headline(Mark::fine, "nobody asked for " + printable(v.host), span);
  else
    page.headline(Mark::fine, plural(v.clients.size(), "client", "clients") + ", " + plural(times, "time", "times"),
                  span);
  using enum Table::Align;
  Table table({{"first", left},
               {"last", left},
               {"client", left, 15},
               {"times", right},
               {"received", right},
               {"how", left, 10}});
  for (const auto& [client, visitor] : v.clients) {
    std::string how;
    for (const std::string& depth : visitor.depths) how += (how.empty() ? "" : ", ") + depth;
    if (visitor.refused > 0) how += "; " + count_text(visitor.refused) + " refused";
    table.add({clock_text(visitor.first, now), clock_text(visitor.last, now), printable(client),
               count_text(visitor.times), visitor.received == 0 ? "-" : size_text(visitor.received), how});
  }
  if (!table.empty()) table.print(page);
  if (v.nameless > 0) {
    char share[16];
    std::snprintf(share, sizeof share, "%.1f %%",
                  100.0 * static_cast<double>(v.nameless) / static_cast<double>(v.lines));
    page.row("not countable", std::string(share) + " of the lines name no host");
  }
  if (v.compressed > 0) page.row("not read", plural(v.compressed, "compressed file", "compressed files"));
  if (v.unreadable > 0)
    page.trouble(Mark::attention, "not read", plural(v.unreadable, "line", "lines") + " that are not JSON",
                 "log.format = \"json\"");
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
  for (const auto& [client, visitor] : v.clients) {
    clients.push_back({{"client", client},
                       {"first", visitor.first},
                       {"last", visitor.last},
                       {"times", visitor.times},
                       {"received", visitor.received},
                       {"refused", visitor.refused},
                       {"how", visitor.depths}});
  }
  return {{"host", v.host},         {"files", v.files},           {"lines", v.lines},
          {"nameless", v.nameless}, {"unreadable", v.unreadable}, {"compressed", v.compressed},
          {"clients", clients}};
}

/// Where the running daemon writes; the default where none runs.
std::string path_of_log(const Arguments& arguments) {
  if (!arguments.log.empty()) return arguments.log;
  constexpr const char* otherwise = "/var/log/weir/access.log";
  const auto answer = ask(arguments.socket, {.path = "/v1/status"});
  if (!answer) return otherwise;
  const auto status = control::parse_json<control::Status>(answer->body);
  return status && !status->log.path.empty() ? status->log.path : otherwise;
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
  const std::string path = path_of_log(arguments);
  if (!path.starts_with('/'))
    return complain(look, "the access log is no file: " + (path.empty() ? "off" : path), "--log PATH");
  for (const fs::path& file : files_of(path, visits.compressed)) {
    std::ifstream in(file);
    if (!in) return complain(look, file.string() + " cannot be read", "the same command as root");
    ++visits.files;
    for (std::string line; std::getline(in, line);) visits.add(line);
  }
  if (visits.files == 0) return complain(look, "there is no " + printable(path), "--log PATH");
  const std::string out =
      arguments.json ? to_json(visits).dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n"
                     : who_text(visits, std::time(nullptr), look);
  std::fputs(out.c_str(), stdout);
  return control::exit_done;
}

}  // namespace weir::proxyctl
