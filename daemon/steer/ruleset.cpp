#include "steer/ruleset.h"

namespace weir::steer {

std::map<Table, Chains> tables_of(const Json& ruleset) {
  std::map<Table, Chains> tables;
  if (!ruleset.is_object() || !ruleset.contains("nftables")) return tables;
  for (const Json& object : ruleset["nftables"]) {
    if (!object.is_object()) continue;
    if (const auto chain = object.find("chain"); chain != object.end()) {
      Chain& made = tables[{word_of(*chain, "family"), word_of(*chain, "table")}][word_of(*chain, "name")];
      made.type = word_of(*chain, "type");
      made.hook = word_of(*chain, "hook");
      made.policy = word_of(*chain, "policy");
    }
    if (const auto rule = object.find("rule"); rule != object.end() && rule->contains("expr")) {
      Chains& chains = tables[{word_of(*rule, "family"), word_of(*rule, "table")}];
      chains[word_of(*rule, "chain")].rules.push_back(&(*rule)["expr"]);
    }
  }
  return tables;
}

std::string word_of(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<Json> elements_of(const Json& right) {
  if (right.is_object() && right.contains("set") && right["set"].is_array()) return right["set"];
  return {right};
}

bool looks_at_meta(const Json& match, std::string_view key) {
  const auto left = match.find("left");
  if (left == match.end() || !left->is_object()) return false;
  if (left->contains("meta")) return word_of((*left)["meta"], "key") == key;
  // Masked: {"&": [{"meta": {"key": "mark"}}, 255]}
  const auto masked = left->find("&");
  if (masked == left->end() || !masked->is_array() || masked->empty() || !(*masked)[0].is_object()) return false;
  return (*masked)[0].contains("meta") && word_of((*masked)[0]["meta"], "key") == key;
}

bool names_link(std::string_view pattern, std::string_view link) {
  if (pattern.ends_with('*')) return link.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == link;
}

}  // namespace weir::steer
