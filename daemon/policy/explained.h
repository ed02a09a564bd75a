// An explanation as daemon and proxyctl show it: by the running policy, or by a file without a daemon.
#pragma once

#include <algorithm>

#include "config/diagnostic.h"
#include "policy/policy.h"
#include "weir/control.h"

namespace weir::policy {

/// What would happen to the connection that `facts` describes.  `dest_given`: the caller named a destination; without
/// one, facts.dest is the unspecified address, which no rule names.
inline control::Explained explained(const Snapshot& snapshot, const Facts& facts, bool dest_given, bool takeover,
                                    const Moment& moment) {
  control::Explained out;
  out.client = facts.client == Address{} ? "" : facts.client.to_string();
  out.mac = facts.mac ? facts.mac->to_string() : "";
  out.dest = dest_given ? facts.dest.to_string() : "";
  out.port = facts.port;
  out.host = facts.name;
  out.exempt = snapshot.exempt(facts.client, facts.dest);
  if (out.exempt) return out;

  auto where = [&](int rule) -> std::string {
    if (rule < 0) return "";
    config::Where place = snapshot.config().rules[static_cast<std::size_t>(rule)].where;
    place.column = 0;  // the line says it
    return config::to_text(place);
  };
  Explanation why = snapshot.explain(facts, takeover, moment);
  const Verdict& verdict = why.at_syn.decided ? why.at_syn : why.at_hello;
  out.action = word(verdict.action);
  out.rule = snapshot.rule_name(verdict.rule);
  out.where = where(verdict.rule);
  if (const auto would = snapshot.would(verdict)) {
    out.would = word(*would);
    out.would_rule = snapshot.rule_name(verdict.shadow);
    out.would_where = where(verdict.shadow);
  }
  const bool by_shadow =
      verdict.shadow >= 0 && snapshot.config().rules[static_cast<std::size_t>(verdict.shadow)].shadow;
  out.observing = snapshot.config().gateway.observe && !by_shadow;
  out.stage = word(why.at_syn.decided ? Stage::syn : Stage::hello);
  out.unseen = verdict.unseen;
  out.depth = word(why.depth);
  out.depth_because = why.depth_because;
  const bool timed =
      std::ranges::any_of(snapshot.config().rules, [](const config::Rule& r) { return !r.time.empty(); });
  if (timed && moment) out.time = wall_text(*moment);
  for (const Step& step : why.steps) {
    constexpr std::string_view answers[] = {"no", "yes", "unknown"};
    out.steps.push_back({snapshot.rule_name(step.rule), where(step.rule),
                         std::string(answers[static_cast<int>(step.answer)]), step.because});
  }
  return out;
}

}  // namespace weir::policy
