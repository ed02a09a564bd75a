// Foreign nft rules that an interceptor meets: offload that carries packets past it, rules that wipe its marks, and
// firewalls that drop what is delivered to it.
#include <algorithm>

#include "steer/conflicts.h"
#include "steer/ruleset.h"

namespace weir::steer {

namespace {

constexpr int kMaxDepth = 16;

bool ours(const Table& table) {
  return table.first == "inet" && (table.second == "weir" || table.second == "weir-closed");
}

std::string spoken(const Table& table) { return table.first + " " + table.second; }

// An offloaded connection is moved by the driver or at ingress, before or without any program of ours.
void offload(std::vector<Finding>& out, const Json& ruleset, const Site& site) {
  if (!ruleset.is_object() || !ruleset.contains("nftables")) return;
  for (const Json& object : ruleset["nftables"]) {
    if (!object.is_object() || !object.contains("flowtable")) continue;
    const Json& table = object["flowtable"];
    std::string devices;
    if (table.contains("dev")) {
      const Json list = table["dev"].is_array() ? table["dev"] : Json::array({table["dev"]});
      for (const Json& device : list) {
        const std::string name = device.is_string() ? device.get<std::string>() : "";
        const bool used = std::ranges::count(site.lan, name) + std::ranges::count(site.wan, name) > 0;
        if (used) devices += (devices.empty() ? "" : ", ") + name;
      }
    }
    if (devices.empty()) continue;
    out.push_back({Level::attention, "flow offload", devices + ": offloaded connections pass unseen",
                   "delete the flowtable " + word_of(table, "name") + " of table " + word_of(table, "family") + " " +
                       word_of(table, "table") +
                       " and the rules that add to it (OpenWrt: uci set "
                       "firewall.@defaults[0].flow_offloading=0; uci commit; service firewall restart)"});
  }
}

bool mentions_mark(const Json& value) {
  if (value.is_object() && value.contains("meta")) return word_of(value["meta"], "key") == "mark";
  if (!value.is_structured()) return false;
  return std::ranges::any_of(value, mentions_mark);
}

// `meta mark set X` keeps the other bits only if X is made from the mark itself.
void marks(std::vector<Finding>& out, const Table& table, const Chains& chains) {
  for (const auto& [name, chain] : chains) {
    const bool wipes = std::ranges::any_of(chain.rules, [](const Json* rule) {
      return std::ranges::any_of(*rule, [](const Json& statement) {
        if (!statement.is_object() || !statement.contains("mangle")) return false;
        const Json& mangle = statement["mangle"];
        if (!mangle.contains("key") || !mangle.contains("value") || !mangle["key"].is_object()) return false;
        const bool mark = mangle["key"].contains("meta") && word_of(mangle["key"]["meta"], "key") == "mark";
        return mark && !mentions_mark(mangle["value"]);
      });
    });
    if (!wipes) continue;
    out.push_back(
        {Level::attention, "packet marks",
         "a rule in chain " + name + " of table " + spoken(table) + " replaces the whole mark, Weir's bits with it",
         "write it with a mask: meta mark set meta mark & 0xff0fffff | ..."});
  }
}

// Whether a chain lets in, unconditionally, what arrives on `link` bearing `mark`.  A condition that is not about those
// two may fail, so a rule that has one does not count.
class Admits {
 public:
  Admits(const Chains& chains, std::string_view link, std::uint32_t mark) : chains_(chains), link_(link), mark_(mark) {}

  bool operator()(const std::string& name, int depth = 0) const {
    const auto chain = chains_.find(name);
    if (chain == chains_.end() || depth > kMaxDepth) return false;
    return std::ranges::any_of(chain->second.rules, [&](const Json* rule) { return by_rule(*rule, depth); });
  }

 private:
  bool by_rule(const Json& rule, int depth) const {
    for (const Json& statement : rule) {
      if (!statement.is_object()) continue;
      if (statement.contains("match") && !holds(statement["match"])) return false;
      if (statement.contains("vmap")) return by_map(statement["vmap"], depth);
      if (leads_in(statement, depth)) return true;
      // A match of iptables-nft that has no words of its own; on a mark it is most likely the one we ask for.
      if (statement.contains("xt") && word_of(statement["xt"], "name") != "mark") return false;
    }
    return false;
  }

  bool leads_in(const Json& verdict, int depth) const {
    if (!verdict.is_object()) return false;
    if (verdict.contains("accept")) return true;
    for (const char* verb : {"jump", "goto"})
      if (verdict.contains(verb) && (*this)(word_of(verdict[verb], "target"), depth + 1)) return true;
    return false;
  }

  bool by_map(const Json& map, int depth) const {
    if (!map.contains("key") || !map["key"].is_object() || !map["key"].contains("meta")) return false;
    if (!word_of(map["key"]["meta"], "key").starts_with("iif") || !map.contains("data")) return false;
    for (const Json& entry : elements_of(map["data"])) {
      if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string()) continue;
      if (names_link(entry[0].get<std::string>(), link_) && leads_in(entry[1], depth)) return true;
    }
    return false;
  }

  bool holds(const Json& match) const {
    const bool negated = word_of(match, "op") == "!=";
    if (!match.contains("right")) return false;
    if (looks_at_meta(match, "mark")) return of_our_mark(match);
    if (!looks_at_meta(match, "iifname") && !looks_at_meta(match, "iif")) return false;
    const bool among = std::ranges::any_of(elements_of(match["right"]), [&](const Json& e) {
      return e.is_string() && names_link(e.get<std::string>(), link_);
    });
    return among != negated;
  }

  // `meta mark & MASK == VALUE`, or `!= 0`.
  bool of_our_mark(const Json& match) const {
    const Json& left = match["left"];
    const auto masked = left.find("&");
    std::uint64_t mask = ~0U;
    if (masked != left.end() && masked->size() == 2 && (*masked)[1].is_number_unsigned())
      mask = (*masked)[1].get<std::uint64_t>();
    if (!match["right"].is_number_unsigned()) return false;
    const bool equal = (mark_ & mask) == match["right"].get<std::uint64_t>();
    return equal != (word_of(match, "op") == "!=");
  }

  const Chains& chains_;
  std::string_view link_;
  std::uint32_t mark_;
};

// What Weir steers is delivered to this host, whatever its destination: it must get through the firewall's input chain.
void firewall(std::vector<Finding>& out, const Table& table, const Chains& chains, const Site& site) {
  for (const auto& [name, chain] : chains) {
    if (chain.hook != "input" || chain.policy != "drop") continue;
    for (const std::string& link : site.lan) {
      if (Admits(chains, link, site.mark)(name)) continue;
      out.push_back({Level::act, "firewall",
                     "chain " + name + " of table " + spoken(table) + " drops what is steered from " + link,
                     "nft insert rule " + spoken(table) + " " + name + " meta mark \\& " + std::to_string(site.mark) +
                         " != 0 accept"});
      break;
    }
  }
}

}  // namespace

std::vector<Finding> conflicts_in_ruleset(const std::string& json, const Site& site) {
  const Json ruleset = Json::parse(json, nullptr, false);
  std::vector<Finding> out;
  offload(out, ruleset, site);
  for (const auto& [table, chains] : tables_of(ruleset)) {
    if (ours(table)) continue;
    marks(out, table, chains);
    firewall(out, table, chains, site);
  }
  return out;
}

}  // namespace weir::steer
