#include "steer/footprint.h"

#include <algorithm>
#include <optional>

#include "steer/companion.h"
#include "steer/links.h"
#include "steer/routing.h"
#include "steer/sysctl.h"
#include "weir/wire.h"

namespace weir::steer {

namespace {

std::vector<std::string> both(std::vector<std::string> a, const std::vector<std::string>& b) {
  for (const std::string& name : b)
    if (std::ranges::find(a, name) == a.end()) a.push_back(name);
  return a;
}

Outcome<void> install_all(const FootprintPlan& plan) {
  auto settings = apply_sysctls(needed_sysctls(), plan.sysctl_state);
  if (!settings) return std::unexpected(refusal("settings", settings.error()));
  auto routing = add_routing({WEIR_MARK_STEERED(plan.mark), plan.table, both(plan.lan, plan.wan)});
  if (!routing) return std::unexpected(refusal("ip rules and routes", routing.error()));
  return add_companion(
      {plan.mark, plan.lan, plan.wan, plan.ports, plan.exempt, plan.listener_v4, plan.listener_v6, plan.nat});
}

// Everything but the guard.
Outcome<void> withdraw(const std::string& sysctl_state) {
  std::optional<Refusal> first;
  auto keep = [&](Refusal refused) {
    if (!first) first = std::move(refused);
  };
  if (auto done = remove_companion(); !done) keep(done.error());
  if (auto done = remove_routing(); !done) keep(refusal("ip rules and routes", done.error()));
  if (auto done = restore_sysctls(sysctl_state); !done) keep(refusal("settings", done.error()));
  if (first) return std::unexpected(*first);
  return {};
}

}  // namespace

Outcome<void> guard(const FootprintPlan& plan) {
  if (!plan.closed && !plan.failures.close_some()) return remove_closed();
  return add_closed({plan.mark, plan.lan, plan.ports, plan.quic, plan.exempt, plan.closed, plan.failures});
}

Outcome<void> install(const FootprintPlan& plan) {
  auto guarded = guard(plan);
  if (!guarded) return guarded;
  auto installed = install_all(plan);
  // The failure that counts is the one that made us withdraw.
  if (!installed) (void)withdraw(plan.sysctl_state);
  return installed;
}

Outcome<void> remove_footprint(const std::string& sysctl_state, bool guard_stays) {
  auto withdrawn = withdraw(sysctl_state);
  if (guard_stays) return withdrawn;
  auto opened = remove_closed();
  return withdrawn ? opened : withdrawn;
}

bool is_guarded() {
  const auto ours = list_companions();
  return ours && std::ranges::find(*ours, "inet weir-closed") != ours->end();
}

Outcome<std::vector<std::string>> list_footprint(const std::string& sysctl_state) {
  auto lines = list_routing();
  if (!lines) return std::unexpected(refusal("ip rules and routes", lines.error()));
  auto tables = list_companions();
  if (!tables) return std::unexpected(tables.error());
  for (const std::string& table : *tables) lines->push_back("nft table " + table);
  for (const std::string& setting : list_sysctls(sysctl_state)) lines->push_back("sysctl " + setting);
  return *lines;
}

Result<std::vector<Prefix>> attached_prefixes(const std::vector<std::string>& lan) {
  auto all = links();
  if (!all) return std::unexpected(all.error());
  auto local = addresses();
  if (!local) return std::unexpected(local.error());
  std::vector<Prefix> prefixes;
  for (const LocalAddress& at : *local) {
    const auto on = [&](const std::string& name) {
      const auto link = find_link(*all, name);
      return link && link->index == at.link;
    };
    // Nothing of link-local scope (RFC 4291 §2.5.6) is routed, so nothing of it is a client's.
    if (at.address.octets[0] == 0xfe && (at.address.octets[1] & 0xc0) == 0x80) continue;
    // Parsing clears the host bits.
    const unsigned length = at.address.is_v4() ? at.length - 96U : at.length;
    const auto prefix = Prefix::parse(at.address.to_string() + "/" + std::to_string(length));
    if (prefix && std::ranges::any_of(lan, on)) prefixes.push_back(*prefix);
  }
  return prefixes;
}

Outcome<NatCover> wan_nat(const std::vector<std::string>& lan, const std::vector<std::string>& wan) {
  auto clients = attached_prefixes(lan);
  if (!clients) return std::unexpected(refusal("interfaces", clients.error()));
  NatCover all;
  for (const std::string& link : wan) {
    auto cover = find_nat(link, *clients);
    if (!cover) return cover;
    all = {all.v4 || cover->v4, all.v6 || cover->v6};
  }
  return all;
}

}  // namespace weir::steer
