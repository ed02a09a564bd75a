#include "steer/companion.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>

#include "weir/wire.h"

namespace weir::steer {

namespace {

// "{ a, b }".  nft refuses an empty set, so callers ask first.
template <class Range, class Text>
std::string set_of(const Range& range, Text text) {
  std::string set;
  for (const auto& element : range) set += (set.empty() ? "{ " : ", ") + text(element);
  return set + " }";
}

std::string names(const std::vector<std::string>& links) {
  return set_of(links, [](const std::string& name) { return '"' + name + '"'; });
}

std::string numbers(const std::vector<std::uint16_t>& ports) {
  return set_of(ports, [](std::uint16_t port) { return std::to_string(port); });
}

std::string define(const char* name, const std::string& value) {
  return std::string("define ") + name + " = " + value + "\n";
}

// The words in which the rules below are written; capitals, since nft keeps "reset" and the like for itself.
std::string mark_words(std::uint32_t mark) {
  const std::uint32_t steered = WEIR_MARK_STEERED(mark), fragment = WEIR_MARK_FRAGMENT(mark);
  const std::uint32_t passed = WEIR_MARK_PASSED(mark), reset = WEIR_MARK_RESET(mark);
  auto word = [](const char* name, std::uint32_t bits) { return define(name, std::to_string(bits)); };
  return word("STEERED", steered) + word("FRAGMENT", fragment) + word("PASSED", passed) + word("RESET", reset) +
         word("FRAGMENT_OR_STEERED", fragment | steered) + word("FRAGMENT_OR_RESET", fragment | reset) +
         word("FRAGMENT_OR_PASSED", fragment | passed) + word("ALL_FOUR", steered | fragment | passed | reset);
}

std::string exempt_of(const std::vector<Prefix>& exempt, bool v4) {
  std::vector<Prefix> some;
  std::ranges::copy_if(exempt, std::back_inserter(some),
                       [&](const Prefix& p) { return (p.address.is_v4() && p.length >= 96) == v4; });
  if (some.empty()) return {};
  const std::string family = v4 ? "ip" : "ip6", set = v4 ? "exempt4" : "exempt6";
  return "  set " + set + " {\n    type " + (v4 ? "ipv4_addr" : "ipv6_addr") +
         "\n    flags interval\n    auto-merge\n    elements = " +
         set_of(some, [](const Prefix& p) { return p.to_string(); }) + "\n  }\n  chain " + set + " {\n    " + family +
         " saddr @" + set + " accept\n    " + family + " daddr @" + set + " accept\n  }\n";
}

// Sets of prefixes, and the chain `exempt`, which accepts what one of them names at either end.
std::string exempt_chains(const std::vector<Prefix>& exempt) {
  const std::string v4 = exempt_of(exempt, true), v6 = exempt_of(exempt, false);
  return v4 + v6 + "  chain exempt {\n" + (v4.empty() ? "" : "    jump exempt4\n") +
         (v6.empty() ? "" : "    jump exempt6\n") + "  }\n";
}

// After defragmentation (-400), before connection tracking (-200).  A fragmented SYN to a judged port is delivered to
// the listener; whatever else came in fragments goes to the socket that it belongs to, if we hold one.  A mark set on
// the first fragment survives reassembly; tproxy is also what switches reassembly on in this namespace.
constexpr char kArrive[] = R"(  chain arrive {
    type filter hook prerouting priority raw; policy accept;
    meta mark & $FRAGMENT_OR_STEERED == 0 accept
    meta mark & $FRAGMENT != 0 jump exempt
)";
constexpr char kDivert[] = R"(    iifname $LAN meta mark & $ALL_FOUR == $FRAGMENT tcp dport $PORTS )"
                           R"(tcp flags & (syn | ack) == syn fib daddr type != local )";
constexpr char kRejoin[] =
    "    meta mark & $ALL_FOUR == $FRAGMENT meta l4proto tcp socket transparent 1 meta mark set meta mark | $STEERED\n";
// To connection tracking the client's leg and a spoofed upstream leg are one tuple.  Only the upstream leg may have an
// entry, or it leaves without the translation that it needs; a taken-over upstream leg continues the entry it had.
constexpr char kUntrackArriving[] = "    iifname $LAN meta mark & $STEERED != 0 notrack\n";
// Under NAT a reply bears the gateway's address until translation is undone (-100), out of reach of a program at tc.
constexpr char kUnderNat[] = R"(  chain leave {
    type filter hook output priority raw; policy accept;
    tcp sport $PORTS socket transparent 1 notrack
  }
  chain reply {
    type filter hook prerouting priority filter; policy accept;
    iifname $WAN tcp sport $PORTS meta mark & $STEERED == 0 socket transparent 1 meta mark set meta mark | $STEERED
  }
)";
// What came in fragments and belongs to no socket of ours has not been judged: it must not pass.
constexpr char kRefuse[] = R"(  chain refuse {
    type filter hook forward priority mangle; policy accept;
    meta mark & $FRAGMENT_OR_RESET == 0 accept
    meta mark & $RESET != 0 meta l4proto tcp counter reject with tcp reset
    meta mark & $RESET != 0 meta l4proto udp counter reject with icmpx port-unreachable
    jump exempt
    iifname $LAN meta mark & $FRAGMENT_OR_PASSED == $FRAGMENT tcp dport $PORTS counter reject with tcp reset
  }
)";
// Behind `refuse`, so that what is to be reset is reset and not dropped in silence.
constexpr char kClosed[] = R"(  chain closed {
    type filter hook forward priority mangle + 10; policy accept;
    iifname != $LAN accept
    meta mark & $PASSED != 0 accept
    jump exempt
)";

std::string verdict(OnFailure of) { return of == OnFailure::closed ? " goto shut\n" : " accept\n"; }

// Devices go before prefixes: one that is open is so wherever it is.  An interface without hardware addresses has none.
std::string by_device(const policy::Failures& failures) {
  std::string rules;
  for (const OnFailure of : {OnFailure::closed, OnFailure::open}) {
    std::vector<Mac> macs;
    for (const auto& [mac, said] : failures.macs)
      if (said == of) macs.push_back(mac);
    if (macs.empty()) continue;
    rules += "    ether saddr " + set_of(macs, [](const Mac& mac) { return mac.to_string(); }) + verdict(of);
  }
  return rules;
}

// A rule for the prefixes of each length, the longest first, so that the first match is the longest.  Prefixes of one
// length do not overlap, which a set would refuse.
std::string by_prefix(const policy::Failures& failures) {
  struct Length {
    std::uint8_t length;
    bool v4;
    OnFailure of;
    auto operator<=>(const Length&) const = default;
  };
  std::map<Length, std::vector<Prefix>, std::greater<>> lengths;
  for (const auto& [prefix, of] : failures.prefixes) {
    lengths[{prefix.length, prefix.address.is_v4() && prefix.length >= 96, of}].push_back(prefix);
  }
  std::string rules;
  for (const auto& [at, prefixes] : lengths) {
    rules += std::string("    ") + (at.v4 ? "ip" : "ip6") + " saddr " +
             set_of(prefixes, [](const Prefix& p) { return p.to_string(); }) + verdict(at.of);
  }
  return rules;
}

std::string divert(const char* family, const char* to, std::uint16_t port) {
  if (port == 0) return {};
  return std::string(kDivert) + "meta nfproto " + family + " tproxy " + to + ":" + std::to_string(port) +
         " meta mark set meta mark | $STEERED\n";
}

// Adding the table first makes deleting it legal where it does not exist.
std::string removing(const std::string& table) { return "table inet " + table + "\ndelete table inet " + table + "\n"; }

std::string replacing(const std::string& table, const std::string& comment, const std::string& body) {
  return removing(table) + "table inet " + table + " {\n  comment \"" + comment + "\"\n" + body + "}\n";
}

std::string words(const CompanionPlan& plan) {
  return mark_words(plan.mark) + define("LAN", names(plan.lan)) + define("PORTS", numbers(plan.ports)) +
         (plan.wan.empty() ? "" : define("WAN", names(plan.wan)));
}

std::string chains(const CompanionPlan& plan) {
  const bool nat = plan.nat && !plan.wan.empty();
  const std::string arrive = kArrive + divert("ipv4", "ip to 127.0.0.1", plan.listener_v4) +
                             divert("ipv6", "ip6 to [::1]", plan.listener_v6) + kRejoin +
                             (nat ? kUntrackArriving : "") + "  }\n";
  return exempt_chains(plan.exempt) + arrive + kRefuse + (nat ? kUnderNat : "");
}

Outcome<void> commit(const char* table, const std::string& commands) {
  auto done = run_nft(commands);
  if (!done) return std::unexpected(Refusal{std::string("nft table ") + table, done.error()});
  return {};
}

}  // namespace

std::string companion_ruleset(const CompanionPlan& plan) {
  // Without interfaces or ports nothing can bear a mark.
  if (plan.lan.empty() || plan.ports.empty()) return removing("weir");
  return words(plan) + replacing("weir", "weir: removed when it stops", chains(plan));
}

std::string probe_ruleset(const CompanionPlan& plan) {
  return words(plan) + replacing("weir-probe", "weir: a trial", chains(plan)) + "delete table inet weir-probe\n";
}

Outcome<void> add_companion(const CompanionPlan& plan) { return commit("weir", companion_ruleset(plan)); }
Outcome<void> remove_companion() { return commit("weir", removing("weir")); }

std::string closed_ruleset(const ClosedPlan& plan) {
  if (plan.lan.empty()) return removing("weir-closed");
  std::string shut = "  chain shut {\n";
  if (!plan.tcp.empty()) shut += "    tcp dport " + numbers(plan.tcp) + " counter drop\n";
  if (!plan.udp.empty()) shut += "    udp dport " + numbers(plan.udp) + " counter drop\n";
  const std::string body = exempt_chains(plan.exempt) + shut + "  }\n" + kClosed + by_device(plan.failures) +
                           by_prefix(plan.failures) + (plan.closed ? "    goto shut\n" : "");
  return mark_words(plan.mark) + define("LAN", names(plan.lan)) +
         replacing("weir-closed", "weir: what is not judged is not forwarded", body + "  }\n");
}

Outcome<void> add_closed(const ClosedPlan& plan) { return commit("weir-closed", closed_ruleset(plan)); }
Outcome<void> remove_closed() { return commit("weir-closed", removing("weir-closed")); }

Outcome<std::vector<std::string>> list_companions() {
  auto tables = run_nft("list tables inet\n");
  if (!tables) return std::unexpected(Refusal{"nft tables", tables.error()});
  std::vector<std::string> ours;
  for (const char* name : {"inet weir", "inet weir-closed"})
    if (tables->contains(std::string("table ") + name + "\n")) ours.emplace_back(name);
  return ours;
}

}  // namespace weir::steer
