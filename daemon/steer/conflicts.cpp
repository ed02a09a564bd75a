#include "steer/conflicts.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "steer/companion.h"
#include "steer/footprint.h"
#include "steer/links.h"
#include "steer/routing.h"
#include "steer/sysctl.h"

namespace weir::steer {

namespace {

using Findings = std::vector<Finding>;

// Beyond this share of the table a burst fills it, and the kernel drops what needs a new entry.
constexpr std::uint64_t kFullPercent = 90;

std::optional<std::uint64_t> number(std::string_view name) {
  const auto text = read_sysctl(name);
  std::uint64_t value = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc()) return {};
  return value;
}

void forwarding(Findings& out) {
  if (number("net.ipv4.ip_forward") == 0)
    out.push_back({Level::act, "forwarding", "IPv4 is not forwarded: this host is no gateway",
                   "sysctl -w net.ipv4.ip_forward=1"});
  if (number("net.ipv6.conf.all.forwarding") == 0)
    out.push_back({Level::attention, "forwarding", "IPv6 is not forwarded",
                   "sysctl -w net.ipv6.conf.all.forwarding=1, if clients use IPv6"});
}

void kernel_features(Findings& out) {
  if (!read_sysctl("net.ipv4.tcp_syncookies"))
    out.push_back({Level::attention, "syn cookies",
                   "this kernel has none (CONFIG_SYN_COOKIES): no connection can be taken "
                   "over on the wire",
                   ""});
  if (auto tried = try_companion(); !tried)
    out.push_back({Level::act, "nft", tried.error().why,
                   "install the kernel modules nft_tproxy, nft_socket, nft_fib_inet, nft_ct and nft_reject_inet"});
}

void connection_tracking(Findings& out) {
  const auto count = number("net.netfilter.nf_conntrack_count"), max = number("net.netfilter.nf_conntrack_max");
  if (!count || !max || *max == 0 || *count * 100 < *max * kFullPercent) return;
  out.push_back({Level::attention, "conntrack",
                 "the table is nearly full: " + std::to_string(*count) + " of " + std::to_string(*max),
                 "sysctl -w net.netfilter.nf_conntrack_max=" + std::to_string(*max * 2)});
}

void interfaces(Findings& out, const Site& site) {
  const auto all = links();
  if (!all) return out.push_back({Level::act, "interfaces", refusal("", all.error()).why, ""});
  for (const std::string& name : site.lan) {
    const auto link = find_link(*all, name);
    if (!link) {
      out.push_back({Level::attention, name, "does not exist; served when it appears", ""});
    } else if (!link->up) {
      out.push_back({Level::attention, name, "is down", "ip link set " + name + " up"});
    }
    const auto master = link ? std::ranges::find(*all, link->master, &Link::index) : all->end();
    if (link && link->master != 0 && master != all->end())
      out.push_back({Level::attention, name, "is a port of " + master->name + ": routed traffic arrives there",
                     "gateway.lan = [\"" + master->name + "\"]"});
  }
}

// Whether a packet that bears our steered bit alone could be caught by `rule`.
bool catches(const RoutingRule& rule, const Site& site) {
  if (rule.ours || rule.narrow || rule.table == 0 || rule.priority == 0 || rule.priority > kRulePriority) return false;
  const bool our_links = rule.link.empty() || std::ranges::find(site.lan, rule.link) != site.lan.end() ||
                         std::ranges::find(site.wan, rule.link) != site.wan.end();
  const bool our_mark = (site.mark & rule.mask) == (rule.mark & rule.mask);
  return rule.inverted ? !(our_links && our_mark) : our_links && our_mark;
}

void policy_routing(Findings& out, const Site& site) {
  const auto rules = routing_rules();
  if (!rules) return out.push_back({Level::act, "ip rules", refusal("", rules.error()).why, ""});
  const std::uint32_t bits = site.mark * 15;
  for (const RoutingRule& rule : *rules) {
    if (rule.ours) continue;
    const std::string name =
        std::string(rule.family == AF_INET6 ? "ip -6" : "ip") + " rule " + std::to_string(rule.priority);
    if (rule.table == site.table)
      out.push_back(
          {Level::act, name, "uses table " + std::to_string(site.table) + ", which is Weir's", "set gateway.table"});
    if ((rule.mark & bits) != 0)
      out.push_back({Level::act, name, "uses mark bits that are Weir's", "set gateway.mark"});
    else if (rule.mask != ~0U && (rule.mask & bits) != 0)
      out.push_back({Level::attention, name, "looks at mark bits that are Weir's", "set gateway.mark"});
    if (catches(rule, site))
      out.push_back({Level::act, name, "comes before Weir's and takes steered packets",
                     "give it a preference above " + std::to_string(kRulePriority)});
  }
  const auto foreign = foreign_routes(site.table);
  if (foreign && !foreign->empty())
    out.push_back(
        {Level::act, "table " + std::to_string(site.table), "holds routes that are not Weir's", "set gateway.table"});
}

void leftovers(Findings& out, const Site& site) {
  if (site.running) return;
  const auto ours = list_footprint(site.sysctl_state);
  if (!ours || ours->empty()) return;
  const bool closed = std::ranges::find(*ours, "nft table inet weir-closed") != ours->end();
  out.push_back({closed ? Level::act : Level::attention, "leftovers",
                 std::to_string(ours->size()) + " things of a run that did not end cleanly" +
                     (closed ? "; clients are blocked, as on_failure = \"closed\" asks" : ""),
                 "service weir start"});
}

}  // namespace

Outcome<void> try_companion() {
  const CompanionPlan plan{.mark = 0x10,
                           .lan = {"weir-probe"},
                           .wan = {"weir-probe"},
                           .ports = {80},
                           .exempt = {},
                           .listener_v4 = 1,
                           .listener_v6 = 1,
                           .nat = true};
  auto tried = run_nft(probe_ruleset(plan));
  if (!tried) return std::unexpected(Refusal{"nft", tried.error()});
  return {};
}

std::vector<Finding> find_conflicts(const Site& site) {
  Findings out;
  forwarding(out);
  kernel_features(out);
  interfaces(out, site);
  policy_routing(out, site);
  if (auto ruleset = read_nft()) {
    for (Finding& finding : conflicts_in_ruleset(*ruleset, site)) out.push_back(std::move(finding));
  } else {
    out.push_back({Level::act, "nft ruleset", ruleset.error(), ""});
  }
  connection_tracking(out);
  leftovers(out, site);
  std::ranges::stable_sort(out, std::ranges::greater(), &Finding::level);
  return out;
}

}  // namespace weir::steer
