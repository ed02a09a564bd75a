// libnftables' JSON of a ruleset, as tables of chains of rules.  Private to the files of steer that judge foreign
// rules.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace weir::steer {

using Json = nlohmann::json;

struct Chain {
  std::string type, hook, policy;  ///< empty where the chain is not attached to a hook
  std::vector<const Json*> rules;  ///< each an array of statements; they point into the JSON that was read
};
using Chains = std::map<std::string, Chain>;
using Table = std::pair<std::string, std::string>;  ///< family and name

/// Empty when `ruleset` is not libnftables' JSON.
std::map<Table, Chains> tables_of(const Json& ruleset);

/// The string at `key`; empty when there is none.
std::string word_of(const Json& object, const char* key);

/// The right side of a match: one element, or those of a set written in place.
std::vector<Json> elements_of(const Json& right);

/// Whether a statement's match looks at `meta KEY`.
bool looks_at_meta(const Json& match, std::string_view key);

/// Whether an interface pattern of nft ("eth*") names `link`.
bool names_link(std::string_view pattern, std::string_view link);

}  // namespace weir::steer
