// A verdict in the ledger's words.
#pragma once

#include "account/ledger.h"
#include "policy/policy.h"

namespace weir::engine {

inline account::Judgement judgement(const policy::Snapshot& policy, const policy::Verdict& verdict, std::string host,
                                    Depth depth) {
  return {.host = std::move(host),
          .depth = depth,
          .action = verdict.action,
          .rule = policy.rule_name(verdict.rule),
          .would = policy.would(verdict),
          .would_rule = policy.rule_name(verdict.shadow)};
}

}  // namespace weir::engine
