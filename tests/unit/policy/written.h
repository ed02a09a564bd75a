// Policies as an operator writes them, for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "config/parse.h"
#include "policy/policy.h"

namespace weir::policy {

class OneFile : public config::Files {
 public:
  explicit OneFile(std::string_view text) : text_(text) {}
  Result<void> read(const std::string&, std::string& text) const override {
    text = text_;
    return {};
  }

 private:
  std::string text_;
};

/// A snapshot of weir.toml's `text`, its lists given in place; null with a failure if the text has an error.
/// `gateway` holds keys of that section.
inline std::shared_ptr<const Snapshot> written(std::string_view text, std::string_view gateway = {}) {
  const std::string whole = "[gateway]\nlan = [\"br-lan\"]\n" + std::string(gateway) + '\n' + std::string(text);
  const config::Parsed parsed = config::parse("weir.toml", OneFile(whole));
  if (!parsed.config) {
    for (const auto& diagnostic : parsed.diagnostics) ADD_FAILURE() << to_text(diagnostic);
    return nullptr;
  }
  NameLists lists;
  for (const config::List& list : parsed.config->lists) {
    NameList content;
    for (const config::Match& match : list.names) {
      content.add(match.text,
                  match.kind == config::Match::Kind::subtree ? NameList::Kind::subtree : NameList::Kind::exact);
    }
    lists[list.name] = std::make_shared<NameList>(std::move(content));
  }
  return Snapshot::build(*parsed.config, lists, 1);
}

inline Facts facts(std::string_view client, std::string_view name = {}, std::uint16_t port = 443,
                   std::string_view dest = "192.0.2.1") {
  return {.client = *Address::parse(client), .dest = *Address::parse(dest), .port = port, .name = name};
}

/// "undecided", "allow", "block by ads", "block by ads, unseen"
inline std::string said(const Snapshot& snapshot, const Verdict& verdict) {
  if (!verdict.decided) return "undecided";
  std::string text(word(verdict.action));
  if (verdict.rule >= 0) text += " by " + snapshot.rule_name(verdict.rule);
  return text + (verdict.unseen ? ", unseen" : "");
}
inline std::string at_syn(const Snapshot& snapshot, const Facts& facts) {
  return said(snapshot, snapshot.evaluate(Stage::syn, facts));
}
inline std::string at_hello(const Snapshot& snapshot, const Facts& facts) {
  return said(snapshot, snapshot.evaluate(Stage::hello, facts));
}

}  // namespace weir::policy
