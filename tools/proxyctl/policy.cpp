// The rules in force, in order, with how often each decided and how often it would have.
#include "base/units.h"
#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

namespace {

using control::PolicyRule;

std::string state_of(const control::Policy& policy, const PolicyRule& rule) {
  if (!rule.in_force) return "not its time";
  if (rule.shadow) return "shadow";
  return policy.observe ? "observed" : "";
}

}  // namespace

std::string policy_text(const control::Policy& policy, bool shadow, const Look& look) {
  using enum Table::Align;
  std::uint64_t shadows = 0, shown = 0;
  Table table({{"rule", left, 12}, {"action", left}, {"hits", right}, {"would", right}, {"", left}, {"", left, 12}});
  for (const PolicyRule& rule : policy.rules) {
    shadows += rule.shadow;
    if (shadow && !rule.shadow && rule.would == 0) continue;
    ++shown;
    table.add({printable(rule.name), printable(rule.action), count_text(rule.hits), count_text(rule.would),
               state_of(policy, rule), printable(rule.where)});
  }
  Page page(look);
  std::string answer = plural(policy.rules.size(), "rule", "rules");
  if (shadows > 0) answer += ", " + plural(shadows, "of them a shadow", "of them shadows");
  if (policy.observe) answer += "; observing: none of them is enforced";
  page.headline(Mark::fine, answer, "the first that matches decides");
  if (shown > 0) table.print(page);
  return page.text();
}

int policy(const Arguments& arguments, const Look& look) {
  return show<control::Policy>(arguments, look, {.path = "/v1/policy"}, [&](const control::Policy& policy) {
    return policy_text(policy, arguments.which == "shadow", look);
  });
}

}  // namespace weir::proxyctl
