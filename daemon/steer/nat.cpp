#include "steer/nat.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "steer/ruleset.h"

namespace weir::steer {

namespace {

enum class Met { no, maybe, yes };

// A jump deeper than the kernel's own limit is a loop in text that no kernel wrote.
constexpr int kMaxDepth = 16;

struct Question {
  std::string_view link;
  const std::vector<Prefix>& clients;
  bool v4;
};

template <class Holds>
Met any_element(const Json& right, Holds holds) {
  Met met = Met::no;
  for (const Json& element : elements_of(right)) met = std::max(met, holds(element));
  return met;
}

Met meets_link(const Json& element, const Question& q) {
  if (!element.is_string() || element.get<std::string>().starts_with('@')) return Met::maybe;
  return names_link(element.get<std::string>(), q.link) ? Met::yes : Met::no;
}

Met meets_word(const Json& element, std::initializer_list<std::string_view> words) {
  if (!element.is_string()) return Met::maybe;
  const bool among = std::ranges::find(words, element.get<std::string>()) != words.end();
  return among ? Met::yes : Met::no;
}

std::optional<Prefix> prefix_of(const Json& element) {
  if (element.is_string()) return Prefix::parse(element.get<std::string>());
  if (!element.is_object() || !element.contains("prefix")) return {};
  const Json& prefix = element["prefix"];
  if (!prefix.contains("len") || !prefix["len"].is_number_unsigned()) return {};
  return Prefix::parse(word_of(prefix, "addr") + "/" + std::to_string(prefix["len"].get<unsigned>()));
}

Met meets_client(const Json& element, const Question& q) {
  const auto prefix = prefix_of(element);
  if (!prefix || q.clients.empty()) return Met::maybe;
  const bool some = std::ranges::any_of(q.clients, [&](const Prefix& c) { return overlap(*prefix, c); });
  const bool all = std::ranges::all_of(q.clients, [&](const Prefix& c) { return prefix->contains(c); });
  return all ? Met::yes : some ? Met::maybe : Met::no;
}

Met negate(Met met) { return met == Met::yes ? Met::no : met == Met::no ? Met::yes : Met::maybe; }

Met meets_meta(const std::string& key, const Json& right, const Question& q) {
  if (key == "oifname" || key == "oif") return any_element(right, [&](const Json& e) { return meets_link(e, q); });
  if (key == "nfproto")
    return any_element(right, [&](const Json& e) { return meets_word(e, {q.v4 ? "ipv4" : "ipv6"}); });
  if (key == "protocol") return any_element(right, [&](const Json& e) { return meets_word(e, {q.v4 ? "ip" : "ip6"}); });
  if (key == "l4proto") return any_element(right, [](const Json& e) { return meets_word(e, {"tcp", "6"}); });
  return Met::maybe;
}

Met meets_payload(const Json& payload, const Json& right, const Question& q) {
  const std::string protocol = word_of(payload, "protocol"), field = word_of(payload, "field");
  if (protocol != "ip" && protocol != "ip6") return Met::maybe;
  if (field == "saddr") return any_element(right, [&](const Json& e) { return meets_client(e, q); });
  if (field == "protocol" || field == "nexthdr")
    return any_element(right, [](const Json& e) { return meets_word(e, {"tcp", "6"}); });
  // Translation towards some destinations only (hairpins, tunnels) is not what hides the clients from the world.
  if (field == "daddr")
    return any_element(right, [](const Json& e) {
      const auto prefix = prefix_of(e);
      return prefix && prefix->length > (prefix->address.is_v4() ? 96 : 0) ? Met::no : Met::maybe;
    });
  return Met::maybe;
}

// A look into a header says of itself which packets it is about, whatever it compares.
bool of_other_packets(const Json& payload, const Question& q) {
  const std::string protocol = word_of(payload, "protocol");
  if (protocol == "udp" || protocol == "icmp" || protocol == "icmpv6") return true;
  return protocol == (q.v4 ? "ip6" : "ip");
}

Met meets(const Json& match, const Question& q) {
  const auto left = match.find("left"), right = match.find("right");
  if (left == match.end() || right == match.end() || !left->is_object()) return Met::maybe;
  Met met = Met::maybe;
  if (left->contains("meta")) met = meets_meta(word_of((*left)["meta"], "key"), *right, q);
  if (left->contains("payload")) {
    if (of_other_packets((*left)["payload"], q)) return Met::no;
    met = meets_payload((*left)["payload"], *right, q);
  }
  return word_of(match, "op") == "!=" ? negate(met) : met;
}

bool translates(const Json& statement) {
  if (statement.contains("masquerade") || statement.contains("snat")) return true;
  const auto xt = statement.find("xt");
  if (xt == statement.end()) return false;
  if (!xt->is_object()) return true;  // a library that cannot name what iptables-nft put there
  const std::string name = word_of(*xt, "name");
  return name == "MASQUERADE" || name == "SNAT" || name == "NETMAP";
}

class Walk {
 public:
  Walk(const Chains& chains, const Question& question) : chains_(chains), q_(question) {}

  /// Whether some rule of `name`, or of a chain it leads to, translates.
  bool translated_in(const std::string& name, int depth = 0) const {
    const auto chain = chains_.find(name);
    if (chain == chains_.end() || depth > kMaxDepth) return false;
    for (const Json* rule : chain->second.rules) {
      Met met = Met::yes;
      for (const Json& statement : *rule) {
        if (!statement.is_object()) continue;
        if (statement.contains("match")) met = std::min(met, meets(statement["match"], q_));
        if (met == Met::no) break;
        if (translates(statement) || leads_to_translation(statement, depth)) return true;
        const bool ends = statement.contains("accept") || statement.contains("return") || statement.contains("goto");
        if (met == Met::yes && ends) return false;
        if (statement.contains("xt")) met = std::min(met, Met::maybe);
      }
    }
    return false;
  }

 private:
  bool leads_to_translation(const Json& statement, int depth) const {
    for (const char* verb : {"jump", "goto"})
      if (statement.contains(verb) && translated_in(word_of(statement[verb], "target"), depth + 1)) return true;
    if (!statement.contains("vmap")) return false;
    const Json& map = statement["vmap"];
    if (!map.contains("data") || !map["data"].is_object() || !map["data"].contains("set")) return false;
    const bool by_link = map.contains("key") && map["key"].is_object() && map["key"].contains("meta") &&
                         word_of(map["key"]["meta"], "key").starts_with("oif");
    for (const Json& entry : map["data"]["set"]) {
      if (!entry.is_array() || entry.size() != 2) continue;
      if (by_link && meets_link(entry[0], q_) == Met::no) continue;
      if (leads_to_translation(entry[1], depth)) return true;
    }
    return false;
  }

  const Chains& chains_;
  const Question& q_;
};

}  // namespace

bool overlap(const Prefix& a, const Prefix& b) { return a.contains(b) || b.contains(a); }

NatCover nat_in_ruleset(const std::string& json, std::string_view link, const std::vector<Prefix>& clients) {
  const Json ruleset = Json::parse(json, nullptr, false);
  const auto tables = tables_of(ruleset);
  NatCover cover;
  for (bool v4 : {true, false}) {
    std::vector<Prefix> of_family;
    std::ranges::copy_if(clients, std::back_inserter(of_family),
                         [&](const Prefix& c) { return c.address.is_v4() == v4; });
    const Question question{link, of_family, v4};
    for (const auto& [table, chains] : tables) {
      if (table.first != "inet" && table.first != (v4 ? "ip" : "ip6")) continue;
      const Walk walk(chains, question);
      for (const auto& [name, chain] : chains)
        if (chain.type == "nat" && chain.hook == "postrouting" && walk.translated_in(name))
          (v4 ? cover.v4 : cover.v6) = true;
    }
  }
  return cover;
}

Outcome<NatCover> find_nat(std::string_view link, const std::vector<Prefix>& clients) {
  auto json = read_nft();
  if (!json) return std::unexpected(Refusal{"nft ruleset", json.error()});
  const NatCover nft = nat_in_ruleset(*json, link, clients);
  const NatCover legacy = nat_in_legacy_tables(link, clients);
  return NatCover{nft.v4 || legacy.v4, nft.v6 || legacy.v6};
}

}  // namespace weir::steer
