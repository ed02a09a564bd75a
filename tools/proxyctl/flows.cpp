// One line a flow: when, who, where to, how deep, how much, and how it ended.
#include <algorithm>
#include <ctime>

#include "base/units.h"
#include "proxyctl/command.h"
#include "proxyctl/format.h"
#include "weir/reasons.h"

namespace weir::proxyctl {

namespace {

using control::FlowLine;

constexpr std::uint64_t most = 10000;  ///< that can be asked for

std::string spoken_reason(const std::string& name) {
  for (int i = 0; i < close_reasons; ++i) {
    auto reason = static_cast<CloseReason>(i);
    if (word(reason) == name) return std::string(text(reason));
  }
  return printable(name);
}

bool failed_flow(const FlowLine& f) {
  for (int i = 0; i < close_reasons; ++i) {
    auto reason = static_cast<CloseReason>(i);
    if (word(reason) == f.reason) return is_failure(reason);
  }
  return false;
}

std::string where_to(const FlowLine& f) {
  std::string host = printable(f.host.empty() ? f.dst : f.host);
  bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ':' + std::to_string(f.dst_port);
}

std::string how_it_ended(const FlowLine& f) {
  std::string rule = f.rule.empty() ? "" : " by \"" + printable(f.rule) + '"';
  if (!f.would.empty()) return "would " + f.would + " by \"" + printable(f.would_rule) + '"' + (f.live ? ", live" : "");
  if (f.live) {
    auto age = std::chrono::milliseconds(static_cast<std::int64_t>(f.duration_ms));
    return "live, " + duration_text(age) + (rule.empty() ? "" : ", " + f.action + rule);
  }
  if (f.reason == "blocked") return "blocked" + rule;
  if (f.reason == "blocked_reset") return "reset" + rule;
  if (f.reason == "redirected") return "redirected" + rule;
  std::string status = f.status == 0 ? "" : std::to_string(f.status);
  if (f.reason == "done") return f.method.empty() ? "done" : printable(f.method) + ' ' + status;
  return (status.empty() ? "" : status + ": ") + spoken_reason(f.reason);
}

/// Why all of them failed; "" = there is more than one reason, or only one flow, whose line says it.
std::string common_reason(const std::vector<FlowLine>& flows) {
  for (const FlowLine& flow : flows) {
    if (flow.reason != flows.front().reason) return "";
  }
  return flows.size() < 2 ? "" : spoken_reason(flows.front().reason);
}

/// There is none.  If Weir is innocent it must say so.
std::string none_text(const FlowsAsked& asked, const Look& look) {
  Page page(look);
  const std::string from = asked.client.empty() ? "" : " from " + printable(asked.client);
  const std::string to = asked.host.empty() ? "" : " to " + printable(asked.host);
  if (asked.failed) {
    page.headline(Mark::fine, "no failures" + from + to + " among the last endings");
  } else if (from.empty() && to.empty()) {
    page.headline(Mark::fine, "no such flow, live or lately ended");
  } else {
    page.headline(Mark::fine, "no connection" + from + to + ", live or lately ended");
  }
  if (!to.empty() && !asked.failed) {
    page.row("perhaps", "the name was not resolved (ask the resolver), or the connection did not show it");
  }
  return page.text();
}

/// In which order they stand: what lives by its beginning, the rest by its end.
std::string order_of(std::uint64_t live, std::uint64_t ended) {
  if (ended == 0) return "newest first";
  return live == 0 ? "last ended first" : "live, then last ended first";
}

}  // namespace

std::string flows_text(const control::FlowList& list, const FlowsAsked& asked, std::int64_t now, const Look& look) {
  std::uint64_t live = 0, failures = 0;
  for (const FlowLine& flow : list.flows) {
    live += flow.live;
    failures += failed_flow(flow);
  }
  Page page(look);
  std::uint64_t all = list.flows.size();
  if (all == 0) return none_text(asked, look);
  const std::string newest = list.more ? "the newest " : "";
  if (asked.failed) {
    const std::string why = common_reason(list.flows);
    page.headline(Mark::attention, newest + plural(all, "failure", "failures") + (why.empty() ? "" : ": ") + why,
                  order_of(live, all - live));
  } else {
    std::string answer =
        newest + plural(all, "flow", "flows") + ": " + count_text(live) + " live, " + count_text(all - live) + " ended";
    if (failures > 0) answer += ", " + count_text(failures) + " of them failed";
    page.headline(Mark::fine, answer, order_of(live, all - live));
  }

  using enum Table::Align;
  Table table({{"begun", left},
               {"client", left, 15},
               {"host", left, 20},
               {"depth", left},
               {"received", right},
               {"end", left, 20}});
  for (const FlowLine& f : list.flows) {
    table.add({clock_text(seconds_of(f.ts), now), printable(f.client_name.empty() ? f.client : f.client_name),
               where_to(f), spoken_depth(f.depth), f.bytes_out == 0 ? "-" : size_text(f.bytes_out), how_it_ended(f)});
  }
  table.print(page);
  if (list.more) {
    const std::string further = all < most ? "--limit " + std::to_string(std::min(10 * all, most)) : "";
    page.trouble(Mark::none, "not shown", "there are more", further);
  }
  return page.text();
}

int flows(const Arguments& arguments, const Look& look) {
  std::string since;
  if (!arguments.since.empty()) {
    const auto span = parse_duration(arguments.since);
    if (!span || *span < std::chrono::seconds(1)) {
      return complain(look, "--since: not a duration as \"90s\", \"15m\" or \"12h\": " + printable(arguments.since),
                      "proxyctl flows --help", control::exit_usage);
    }
    since = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(*span).count());
  }
  Question question{.path = "/v1/flows",
                    .query = {{"client", arguments.client},
                              {"host", arguments.host},
                              {"since", since},
                              {"failed", arguments.failed ? "1" : ""},
                              {"limit", std::to_string(arguments.limit)}}};
  return show<control::FlowList>(arguments, look, question, [&](const control::FlowList& list) {
    const FlowsAsked asked{.failed = arguments.failed, .client = arguments.client, .host = arguments.host};
    return flows_text(list, asked, std::time(nullptr), look);
  });
}

}  // namespace weir::proxyctl
