#include "steer/routing.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <algorithm>
#include <charconv>

#include "steer/netlink.h"

namespace weir::steer {

namespace {

constexpr int kFamilies[] = {AF_INET, AF_INET6};

std::string text_of(const nlattr* attribute) { return attribute ? nla_get_string(const_cast<nlattr*>(attribute)) : ""; }
std::uint32_t number_of(const nlattr* attribute, std::uint32_t otherwise = 0) {
  return attribute ? nla_get_u32(const_cast<nlattr*>(attribute)) : otherwise;
}

RoutingRule parse_rule(nlmsghdr* answer) {
  const auto* header = static_cast<fib_rule_hdr*>(nlmsg_data(answer));
  nlattr* at[FRA_MAX + 1];
  if (nlmsg_parse(answer, sizeof *header, at, FRA_MAX, nullptr) < 0) return {};
  RoutingRule rule;
  rule.family = header->family;
  rule.priority = number_of(at[FRA_PRIORITY]);
  rule.mark = number_of(at[FRA_FWMARK]);
  rule.mask = number_of(at[FRA_FWMASK]);
  rule.table = header->action == FR_ACT_TO_TBL ? number_of(at[FRA_TABLE], header->table) : 0;
  rule.link = text_of(at[FRA_IIFNAME]);
  rule.inverted = (header->flags & FIB_RULE_INVERT) != 0;
  // The kernel answers "do not suppress" as -1.
  const bool suppresses = number_of(at[FRA_SUPPRESS_PREFIXLEN], ~0U) != ~0U;
  rule.narrow = suppresses || header->src_len != 0 || header->dst_len != 0 || at[FRA_OIFNAME] || at[FRA_UID_RANGE] ||
                at[FRA_IP_PROTO] || at[FRA_SPORT_RANGE] || at[FRA_DPORT_RANGE] || at[FRA_L3MDEV];
  rule.ours = at[FRA_PROTOCOL] != nullptr && nla_get_u8(at[FRA_PROTOCOL]) == kRouteProtocol;
  return rule;
}

Result<void> change_rule(Netlink& netlink, int type, int flags, const RoutingRule& rule) {
  fib_rule_hdr header{};
  header.family = static_cast<__u8>(rule.family);
  header.action = FR_ACT_TO_TBL;
  Message message = request(type, flags, header);
  if (!message) return fail(Errc::system, std::make_error_code(std::errc::not_enough_memory));
  nla_put_u32(message.get(), FRA_PRIORITY, rule.priority);
  nla_put_u32(message.get(), FRA_FWMARK, rule.mark);
  nla_put_u32(message.get(), FRA_FWMASK, rule.mask);
  nla_put_u32(message.get(), FRA_TABLE, rule.table);
  nla_put_u8(message.get(), FRA_PROTOCOL, kRouteProtocol);
  if (!rule.link.empty()) nla_put_string(message.get(), FRA_IIFNAME, rule.link.c_str());
  return netlink.ask(std::move(message));
}

struct Route {
  int family;
  std::uint32_t table;
  std::uint8_t protocol;
};

// "Everything is local": the one route of our table.
Result<void> change_route(Netlink& netlink, int type, int flags, const Route& route) {
  rtmsg header{};
  header.rtm_family = static_cast<unsigned char>(route.family);
  header.rtm_table = RT_TABLE_UNSPEC;
  header.rtm_protocol = kRouteProtocol;
  header.rtm_scope = RT_SCOPE_HOST;
  header.rtm_type = RTN_LOCAL;
  Message message = request(type, flags, header);
  if (!message) return fail(Errc::system, std::make_error_code(std::errc::not_enough_memory));
  nla_put_u32(message.get(), RTA_TABLE, route.table);
  nla_put_u32(message.get(), RTA_OIF, if_nametoindex("lo"));
  return netlink.ask(std::move(message));
}

Result<std::vector<RoutingRule>> read_rules(Netlink& netlink, int family) {
  std::vector<RoutingRule> rules;
  fib_rule_hdr header{};
  header.family = static_cast<__u8>(family);
  auto asked = netlink.ask(request(RTM_GETRULE, NLM_F_DUMP, header),
                           [&](nlmsghdr* answer) { rules.push_back(parse_rule(answer)); });
  if (!asked) return std::unexpected(asked.error());
  return rules;
}

// Routes that are ours in any table, and anybody's in `table`.  Whatever else passes by is not kept.
Result<std::vector<Route>> read_routes(Netlink& netlink, int family, std::uint32_t table) {
  std::vector<Route> routes;
  rtmsg header{};
  header.rtm_family = static_cast<unsigned char>(family);
  auto asked = netlink.ask(request(RTM_GETROUTE, NLM_F_DUMP, header), [&](nlmsghdr* answer) {
    const auto* found = static_cast<rtmsg*>(nlmsg_data(answer));
    nlattr* at[RTA_MAX + 1];
    if (found->rtm_flags & RTM_F_CLONED || nlmsg_parse(answer, sizeof *found, at, RTA_MAX, nullptr) < 0) return;
    const std::uint32_t in = number_of(at[RTA_TABLE], found->rtm_table);
    if (found->rtm_protocol == kRouteProtocol || in == table) routes.push_back({family, in, found->rtm_protocol});
  });
  if (!asked) return std::unexpected(asked.error());
  return routes;
}

// A kernel without the family (ipv6.disable=1, CONFIG_IPV6=n) answers so; there is nothing to route then.
bool lacks_family(const Error& error) { return is(error, EAFNOSUPPORT) || is(error, EOPNOTSUPP); }

Result<void> sync_rules(Netlink& netlink, int family, const std::vector<RoutingRule>& wanted) {
  auto present = read_rules(netlink, family);
  if (!present) return std::unexpected(present.error());
  auto same = [](const RoutingRule& a, const RoutingRule& b) {
    return a.priority == b.priority && a.mark == b.mark && a.mask == b.mask && a.table == b.table && a.link == b.link;
  };
  for (const RoutingRule& rule : wanted) {
    const bool there = std::ranges::any_of(*present, [&](const RoutingRule& p) { return p.ours && same(p, rule); });
    if (there) continue;
    auto added = change_rule(netlink, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule);
    if (!added && !is(added.error(), EEXIST)) return added;
  }
  for (const RoutingRule& rule : *present) {
    if (!rule.ours || std::ranges::any_of(wanted, [&](const RoutingRule& w) { return same(w, rule); })) continue;
    auto removed = change_rule(netlink, RTM_DELRULE, 0, rule);
    if (!removed && !is(removed.error(), ENOENT)) return removed;
  }
  return {};
}

// `table` 0: no route of ours shall remain.
Result<void> sync_routes(Netlink& netlink, int family, std::uint32_t table) {
  auto present = read_routes(netlink, family, table);
  if (!present) return std::unexpected(present.error());
  if (table != 0) {
    auto added = change_route(netlink, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, {family, table, kRouteProtocol});
    if (!added && !is(added.error(), EEXIST)) return added;
  }
  for (const Route& route : *present) {
    if (route.protocol != kRouteProtocol || route.table == table) continue;
    auto removed = change_route(netlink, RTM_DELROUTE, 0, route);
    if (!removed && !is(removed.error(), ESRCH)) return removed;
  }
  return {};
}

// The route first and the rules last, or the other way round to remove: a rule never points into an empty table.
Result<void> sync(std::uint32_t mark, std::uint32_t table, const std::vector<std::string>& links) {
  auto netlink = Netlink::open(NETLINK_ROUTE);
  if (!netlink) return std::unexpected(netlink.error());
  for (int family : kFamilies) {
    std::vector<RoutingRule> wanted;
    for (const std::string& link : links) wanted.push_back({family, kRulePriority, mark, mark, table, link});
    auto routes = [&] { return sync_routes(*netlink, family, table); };
    auto rules = [&] { return sync_rules(*netlink, family, wanted); };
    auto first = links.empty() ? rules() : routes();
    if (!first && lacks_family(first.error())) continue;
    if (!first) return first;
    auto second = links.empty() ? routes() : rules();
    if (!second) return second;
  }
  return {};
}

std::string hex(std::uint32_t number) {
  char digits[8];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, 16).ptr;
  return "0x" + std::string(digits, end);
}

}  // namespace

Result<void> add_routing(const RoutingPlan& plan) { return sync(plan.mark, plan.table, plan.links); }

Result<void> remove_routing() { return sync(0, 0, {}); }

Result<std::vector<RoutingRule>> routing_rules() {
  auto netlink = Netlink::open(NETLINK_ROUTE);
  if (!netlink) return std::unexpected(netlink.error());
  std::vector<RoutingRule> all;
  for (int family : kFamilies) {
    auto rules = read_rules(*netlink, family);
    if (!rules && lacks_family(rules.error())) continue;
    if (!rules) return rules;
    all.insert(all.end(), rules->begin(), rules->end());
  }
  return all;
}

Result<std::vector<int>> foreign_routes(std::uint32_t table) {
  auto netlink = Netlink::open(NETLINK_ROUTE);
  if (!netlink) return std::unexpected(netlink.error());
  std::vector<int> families;
  for (int family : kFamilies) {
    auto routes = read_routes(*netlink, family, table);
    if (!routes && lacks_family(routes.error())) continue;
    if (!routes) return std::unexpected(routes.error());
    auto foreign = [&](const Route& r) { return r.table == table && r.protocol != kRouteProtocol; };
    if (std::ranges::any_of(*routes, foreign)) families.push_back(family);
  }
  return families;
}

Result<std::vector<std::string>> list_routing() {
  auto rules = routing_rules();
  if (!rules) return std::unexpected(rules.error());
  auto netlink = Netlink::open(NETLINK_ROUTE);
  if (!netlink) return std::unexpected(netlink.error());
  std::vector<std::string> lines;
  auto prefix = [](int family) { return std::string(family == AF_INET6 ? "ip -6" : "ip"); };
  for (const RoutingRule& r : *rules) {
    if (!r.ours) continue;
    lines.push_back(prefix(r.family) + " rule pref " + std::to_string(r.priority) + " fwmark " + hex(r.mark) + "/" +
                    hex(r.mask) + " iif " + r.link + " lookup " + std::to_string(r.table));
  }
  for (int family : kFamilies) {
    auto routes = read_routes(*netlink, family, 0);
    if (!routes && lacks_family(routes.error())) continue;
    if (!routes) return std::unexpected(routes.error());
    for (const Route& r : *routes) {
      if (r.protocol == kRouteProtocol)
        lines.push_back(prefix(family) + " route local default dev lo table " + std::to_string(r.table));
    }
  }
  return lines;
}

}  // namespace weir::steer
