#include "config/by_hand.h"

#include <algorithm>
#include <iterator>

#include "config/check.h"
#include "config/reader.h"

namespace weir::config {

namespace {

Node list_of(const std::vector<std::string>& texts, const Where& where) {
  Node list{.kind = Node::Kind::array, .where = where};
  for (const std::string& text : texts) list.items.push_back({.kind = Node::Kind::text, .where = where, .text = text});
  return list;
}

}  // namespace

std::string_view word(const Change& change) {
  if (change.never) return "never";
  return change.list.empty() ? weir::word(change.action) : "except";
}

std::optional<Rule> rule_of(const Change& change, const Config& config, Diagnostics& diagnostics) {
  const std::string name = "change " + std::to_string(change.number);
  Rule rule{.name = name, .action = change.action, .change = change.number, .where = {.file = "by hand"}};
  Diagnostics found;
  Reader reader(found);
  reader.path = "host";
  if (!change.host.empty()) reader.hosts(list_of(change.host, rule.where), rule.host);
  reader.path = "client";
  if (!change.client.empty()) reader.clients(list_of(change.client, rule.where), rule.client);

  Config alone = config;
  alone.rules = {rule};
  if (!found.failed()) check(alone, {}, found);
  const bool good = !found.failed();
  for (Diagnostic& diagnostic : std::move(found).take({})) {
    if (diagnostic.severity == Severity::error)
      diagnostics.error(diagnostic.where, std::move(diagnostic.message), std::move(diagnostic.suggestion));
  }
  return good ? std::optional(std::move(rule)) : std::nullopt;
}

Config with_changes(Config config, const std::vector<Change>& changes) {
  std::vector<Rule> rules;
  for (const Change& change : changes) {
    if (!change.judges()) continue;
    Diagnostics ignored;
    if (auto rule = rule_of(change, config, ignored)) rules.push_back(std::move(*rule));
  }
  std::ranges::sort(rules, std::greater(), &Rule::change);
  std::ranges::move(config.rules, std::back_inserter(rules));
  config.rules = std::move(rules);
  return config;
}

}  // namespace weir::config
