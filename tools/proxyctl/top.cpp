// What goes on now: two looks at the daemon, and the difference between them.  On a terminal again and again until
// Ctrl-C; else once.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <expected>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>
#include <tuple>

#include "base/units.h"
#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

namespace {

using control::FlowLine;

/// A request is named by its connection and by when it began; a connection has no method.
std::string key_of(const FlowLine& flow) { return flow.flow + flow.ts + flow.method; }

/// A served connection's bytes are those of its requests, which have lines of their own.
bool counts_bytes(const FlowLine& flow) { return !(flow.live && flow.depth == "serve"); }

std::uint64_t rate(std::uint64_t before, std::uint64_t after, double seconds) {
  return after <= before ? 0 : static_cast<std::uint64_t>(static_cast<double>(after - before) / seconds + 0.5);
}

/// "38/s: inspected 30, passed 6" without what is zero.
std::string rates(std::initializer_list<std::pair<const char*, std::uint64_t>> parts) {
  std::uint64_t sum = 0;
  std::string text;
  for (const auto& [word, count] : parts) {
    sum += count;
    if (count > 0) text += (text.empty() ? ": " : ", ") + std::string(word) + ' ' + count_text(count);
  }
  return count_text(sum) + "/s" + text;
}

}  // namespace

std::vector<TopRow> top_rows(const control::FlowList& before, const control::FlowList& after) {
  std::map<std::string, std::uint64_t> seen;
  for (const FlowLine& flow : before.flows) {
    std::uint64_t& bytes = seen[key_of(flow)];
    bytes = std::max(bytes, flow.bytes_out);
  }
  std::map<std::string, TopRow> by_host;
  for (const FlowLine& flow : after.flows) {
    const auto known = seen.find(key_of(flow));
    const std::uint64_t had = known == seen.end() ? 0 : std::min(known->second, flow.bytes_out);
    const bool fresh = known == seen.end();
    if (!flow.live && !fresh && flow.bytes_out == had) continue;  // ended before the first look
    TopRow& row = by_host[flow.host.empty() ? flow.dst : flow.host];
    row.live += flow.live;
    row.fresh += fresh;
    if (counts_bytes(flow)) row.bytes += flow.bytes_out - had;
  }
  std::vector<TopRow> rows;
  for (auto& [host, row] : by_host) {
    row.host = host;
    rows.push_back(std::move(row));
  }
  std::ranges::stable_sort(rows, [](const TopRow& a, const TopRow& b) {
    return std::tuple(b.bytes, b.fresh, b.live) < std::tuple(a.bytes, a.fresh, a.live);
  });
  return rows;
}

std::string top_text(const Moment& before, const Moment& after, double seconds, std::size_t most, const Look& look) {
  const control::Connections &a = before.status.connections, &b = after.status.connections;
  const auto per_second = [&](auto member) { return rate(a.*member, b.*member, seconds); };
  using C = control::Connections;
  Page page(look);
  const bool running = after.status.state == "running";
  page.headline(running ? Mark::fine : Mark::act,
                running ? plural(b.open, "connection", "connections") + " open" : printable(after.status.state),
                "within " + duration_text(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000))));
  page.row("new", rates({{"passed", per_second(&C::pass)},
                         {"inspected", per_second(&C::inspect)},
                         {"spliced", per_second(&C::splice)},
                         {"served", per_second(&C::serve)}}));
  page.row("requests", count_text(per_second(&C::requests)) + "/s");
  page.row("refused", rates({{"blocked", per_second(&C::block)},
                             {"reset", per_second(&C::reset)},
                             {"redirected", per_second(&C::redirect)}}));
  page.row("failed", count_text(per_second(&C::failed)) + "/s");
  using enum Table::Align;
  Table table({{"host", left, 20}, {"open", right}, {"new", right}, {"received", right}, {"rate", right}});
  for (const TopRow& row : top_rows(before.flows, after.flows)) {
    if (most-- == 0) break;
    const auto bytes = static_cast<double>(row.bytes) / seconds;
    table.add({printable(row.host), count_text(row.live), count_text(row.fresh),
               row.bytes == 0 ? "-" : size_text(row.bytes),
               row.bytes == 0 ? "-" : size_text(static_cast<std::uint64_t>(bytes)) + "/s"});
  }
  if (!table.empty()) table.print(page);
  return page.text();
}

namespace {

/// Of a busy gateway: more flows would take longer to tell than they are true.
constexpr const char* most_flows = "5000";

template <class T>
std::expected<T, Unanswered> get(const std::string& socket, const Question& question) {
  const auto answer = ask(socket, question);
  if (!answer) return std::unexpected(answer.error());
  auto shape = control::parse_json<T>(answer->body);
  if (shape) return std::move(*shape);
  return std::unexpected(Unanswered{Unanswered::Why::broken, socket, std::make_error_code(std::errc::protocol_error)});
}

std::expected<Moment, Unanswered> look_at(const std::string& socket, const std::string& since) {
  auto status = get<control::Status>(socket, {.path = "/v1/status"});
  if (!status) return std::unexpected(status.error());
  auto flows =
      get<control::FlowList>(socket, {.path = "/v1/flows", .query = {{"since", since}, {"limit", most_flows}}});
  if (!flows) return std::unexpected(flows.error());
  return Moment{std::move(*status), std::move(*flows), std::chrono::steady_clock::now()};
}

nlohmann::json json_of(const control::Connections& connections) {
  return nlohmann::json::parse(control::json_text(connections));
}

nlohmann::json to_json(const Moment& before, const Moment& after, double seconds) {
  auto hosts = nlohmann::json::array();
  for (const TopRow& row : top_rows(before.flows, after.flows)) {
    hosts.push_back({{"host", row.host}, {"open", row.live}, {"new", row.fresh}, {"received", row.bytes}});
  }
  return {{"seconds", seconds},
          {"before", json_of(before.status.connections)},
          {"after", json_of(after.status.connections)},
          {"hosts", std::move(hosts)}};
}

/// Rows that fit below what stands above the table.
std::size_t room_on_screen() {
  constexpr std::size_t above = 8;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row <= above) return above;
  return size.ws_row - above;
}

}  // namespace

int top(const Arguments& arguments, const Look& look) {
  constexpr Duration least = std::chrono::seconds(1), most = std::chrono::hours(1);
  constexpr std::size_t rows_in_a_file = 20;
  const auto every = parse_duration(arguments.every);
  if (!every || *every < least || *every > most)
    return complain(look, "--every: a duration from 1s to 1h", "proxyctl top --help", control::exit_usage);
  const bool live = look.marks != Look::Marks::none && !arguments.once && !arguments.json;
  const auto since = std::to_string(2 * std::chrono::duration_cast<std::chrono::seconds>(*every).count());
  auto before = look_at(arguments.socket, since);
  for (;;) {
    if (!before) return complain(look, before.error());
    std::this_thread::sleep_for(*every);
    auto after = look_at(arguments.socket, since);
    if (!after) return complain(look, after.error());
    const double seconds = std::chrono::duration<double>(after->taken - before->taken).count();
    if (arguments.json)
      std::printf("%s\n", to_json(*before, *after, seconds).dump(-1, ' ', /*ensure_ascii=*/true).c_str());
    else
      std::printf("%s%s", live ? "\033[H\033[2J" : "",
                  top_text(*before, *after, seconds, live ? room_on_screen() : rows_in_a_file, look).c_str());
    std::fflush(stdout);
    if (!live) return control::exit_done;
    before = std::move(after);
  }
}

}  // namespace weir::proxyctl
