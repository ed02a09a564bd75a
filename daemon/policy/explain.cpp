// Why a connection is treated as it is, in words.  Slow and exact: every element of every match list is asked again.

#include <algorithm>

#include "policy/impl.h"
#include "policy/times.h"

namespace weir::policy {

namespace {

using config::Match;
using config::Rule;
using Answer = Step::Answer;

struct Reason {
  Answer answer;
  std::string because;
};

/// An element as it stands in the file.
std::string written(const Match& match) {
  switch (match.kind) {
    case Match::Kind::reference: return '@' + match.text;
    case Match::Kind::exact: return match.text;
    case Match::Kind::subtree: return '.' + match.text;
    case Match::Kind::prefix: return match.prefix.to_string();
    case Match::Kind::mac: return match.mac.to_string();
    case Match::Kind::device: return match.text;
    case Match::Kind::port: break;
  }
  const std::string low = std::to_string(match.low);
  return match.low == match.high ? low : low + '-' + std::to_string(match.high);
}

/// "@kids", "@kids or 10.0.0.0/8", "@kids, 10.0.0.0/8 or 7 others"
std::string written(const std::vector<const Match*>& matches) {
  if (matches.size() == 1) return written(*matches[0]);
  if (matches.size() == 2) return written(*matches[0]) + " or " + written(*matches[1]);
  return written(*matches[0]) + ", " + written(*matches[1]) + " or " + std::to_string(matches.size() - 2) +
         (matches.size() == 3 ? " other" : " others");
}

/// Whether a match list matches `value`, which people call a `what`; `holds` answers for one element.
template <class Holds>
Reason ask(const std::vector<Match>& list, const std::string& what, const std::string& value, Holds holds) {
  const std::string fact = what + ' ' + value;
  std::vector<const Match*> wanted, unwanted;
  const Match* found = nullptr;
  for (const Match& match : list) {
    (match.negated ? unwanted : wanted).push_back(&match);
    if (!holds(match)) continue;
    if (match.negated) return {Answer::no, fact + " is excepted by !" + written(match)};
    if (!found) found = &match;
  }
  if (found) {
    const std::string element = written(*found);
    return {Answer::yes, element == value ? what + " is " + value : fact + " is in " + element};
  }
  if (wanted.empty()) return {Answer::yes, fact + " is not in " + written(unwanted)};
  return {Answer::no, fact + " is not in " + written(wanted)};
}

}  // namespace

class Explainer {
 public:
  Explainer(const Compiled& policy, Stage stage, const Facts& facts, const Moment& moment)
      : policy_(policy),
        facts_(facts),
        stage_(stage),
        moment_(moment),
        name_sources_(
            policy.host->axis.table.sets()[facts.name.empty() ? 0 : policy.host->axis.table.find(facts.name)]) {}

  Step step(int rule) const {
    const Rule& r = policy_.config.rules[rule];
    Step step{.rule = rule, .answer = Answer::yes, .because = {}};
    for (const Reason& reason : {client(r.client), dest(r.dest), port(r.port), time(rule), host(r)}) {
      if (reason.answer == Answer::no) return {rule, reason.answer, reason.because};
      if (reason.answer == Answer::unknown) step.answer = Answer::unknown;
      if (reason.because.empty()) continue;
      step.because += (step.because.empty() ? "" : ", ") + reason.because;
    }
    if (step.because.empty()) step.because = "matches every connection";
    if (r.shadow) step.because += ": a shadow, which only counts";
    return step;
  }

 private:
  Reason client(const std::vector<Match>& list) const {
    if (list.empty()) return {Answer::yes, {}};
    return ask(list, "client", facts_.client.to_string(), [&](const Match& m) { return means_client(m); });
  }
  Reason dest(const std::vector<Match>& list) const {
    if (list.empty()) return {Answer::yes, {}};
    return ask(list, "destination", facts_.dest.to_string(),
               [&](const Match& m) { return m.prefix.contains(facts_.dest); });
  }
  Reason port(const std::vector<Match>& list) const {
    if (list.empty()) return {Answer::yes, {}};
    return ask(list, "port", std::to_string(facts_.port),
               [&](const Match& m) { return m.low <= facts_.port && facts_.port <= m.high; });
  }
  Reason time(int rule) const {
    const Rule& r = policy_.config.rules[rule];
    if (r.time.empty()) return {Answer::yes, {}};
    return {in_force_.test(rule) ? Answer::yes : Answer::no, hours_because(r, moment_)};
  }
  Reason host(const Rule& rule) const {
    if (rule.host.empty()) return {Answer::yes, {}};
    if (stage_ == Stage::syn) return {Answer::unknown, "the host is known only from the hello"};
    if (facts_.name.empty()) {
      const bool wants = std::ranges::any_of(rule.host, [](const Match& m) { return !m.negated; });
      if (!wants) return {Answer::yes, "the connection names no host, so none that the rule excepts"};
      if (rule.unseen_blocks) return {Answer::yes, "the connection names no host, which counts as a match"};
      return {Answer::no, "the connection names no host"};
    }
    return ask(rule.host, "host", std::string(facts_.name), [&](const Match& m) { return names(m); });
  }

  bool means_client(const Match& match) const {
    if (match.kind == Match::Kind::prefix) return match.prefix.contains(facts_.client);
    if (match.kind == Match::Kind::mac) return facts_.mac == match.mac;
    if (match.kind == Match::Kind::device) return is_device(match.text);
    for (const config::Group& group : policy_.config.groups) {
      if (group.name != match.text) continue;
      return std::ranges::any_of(group.clients, [&](const Prefix& p) { return p.contains(facts_.client); }) ||
             std::ranges::any_of(group.macs, [&](const Mac& mac) { return facts_.mac == mac; }) ||
             std::ranges::any_of(group.devices, [&](const auto& device) { return is_device(device.name); });
    }
    return false;
  }
  bool is_device(const std::string& name) const {
    const auto device = policy_.devices->find(name);
    if (device == policy_.devices->end()) return false;
    const auto& [addresses, macs] = device->second;
    return std::ranges::find(addresses, facts_.client) != addresses.end() ||
           (facts_.mac && std::ranges::find(macs, *facts_.mac) != macs.end());
  }
  bool names(const Match& match) const {
    if (match.kind == Match::Kind::exact) return facts_.name == match.text;
    if (match.kind == Match::Kind::subtree) return within(facts_.name, match.text);
    return std::ranges::any_of(policy_.host->sets.meant_by(match.text), [&](std::uint32_t source) {
      return policy_.host->axis.conditions.holds(name_sources_, source);
    });
  }

  const Compiled& policy_;
  const Facts& facts_;
  Stage stage_;
  Moment moment_;
  Bits in_force_ = in_force(policy_.config.rules, moment_);
  const Bits& name_sources_;
};

namespace {

struct Handling {
  Depth depth;
  std::string because;
};

Handling http_handling(const Explanation& e, bool floor_splice, const std::string& port) {
  if (e.at_syn.decided && e.at_syn.action == Action::pass) {
    if (floor_splice) return {Depth::splice, "gateway.floor is \"splice\": every connection goes through the daemon"};
    return {Depth::pass, "passed by client, destination and port alone: stays on the wire"};
  }
  const Verdict& last = e.at_hello;
  if (last.action == Action::pass) return {Depth::serve, port + " is HTTP: the request must be read to know its host"};
  if (last.action == Action::block) return {Depth::serve, port + " is HTTP: refused with a page"};
  if (last.action == Action::reset) return {Depth::serve, port + " is HTTP: reset by the daemon"};
  if (last.action == Action::redirect)
    return {Depth::serve, port + " is HTTP: sent elsewhere by an answer of the daemon"};
  return {Depth::serve, port + " is HTTP: served"};
}

Handling tls_handling(const Explanation& e, bool floor_splice, bool takeover, const std::string& port) {
  const bool alert = e.at_hello.action == Action::block || e.at_hello.action == Action::redirect;
  if (alert) return {Depth::splice, port + " is TLS: refused with an alert"};
  if (e.at_hello.action == Action::reset) return {Depth::splice, port + " is TLS: reset by the daemon"};
  if (floor_splice) return {Depth::splice, "gateway.floor is \"splice\": every connection goes through the daemon"};
  if (e.at_syn.decided) return {Depth::pass, "decided by client, destination and port alone: stays on the wire"};
  if (!takeover)
    return {Depth::splice, "this kernel cannot hand over a live connection: the daemon looks at the hello"};
  return {Depth::inspect, port + " is TLS: the hello is read on the wire, then it passes"};
}

}  // namespace

Explanation Snapshot::explain(const Facts& facts, bool takeover_available, const Moment& moment) const {
  const Compiled& policy = *impl_->compiled;
  const config::Gateway& gateway = policy.config.gateway;
  const std::string port = "port " + std::to_string(facts.port);
  const Verdict unjudged{.decided = true};
  Explanation e{.at_syn = unjudged, .at_hello = unjudged, .depth = Depth::pass, .depth_because = {}, .steps = {}};

  if (exempt(facts.client, facts.dest)) {
    const bool by_client = policy.exempts_client(policy.client.addresses.find(facts.client));
    e.depth_because = (by_client ? "client " + facts.client.to_string() : "destination " + facts.dest.to_string()) +
                      " is in gateway.exempt: never touched";
    return e;
  }
  const bool http = std::ranges::find(gateway.http, facts.port) != gateway.http.end();
  const bool tls = std::ranges::find(gateway.tls, facts.port) != gateway.tls.end();
  if (!http && !tls) {
    e.depth_because = port + " is in neither gateway.http nor gateway.tls: not judged";
    return e;
  }

  const Bits rules = policy::in_force(policy.config.rules, moment);
  e.at_syn = policy.evaluate(rules, Stage::syn, facts);
  e.at_hello = policy.evaluate(rules, Stage::hello, facts);
  const bool floor_splice = gateway.floor == config::Floor::splice;
  auto [depth, because] =
      http ? http_handling(e, floor_splice, port) : tls_handling(e, floor_splice, takeover_available, port);
  e.depth = depth;
  e.depth_because = std::move(because);
  if (const std::string_view name = dial(e.at_hello); !name.empty()) {
    e.depth = http ? Depth::serve : Depth::splice;
    e.depth_because = port + " is " + (http ? "HTTP" : "TLS") + ": dials " + std::string(name) + " instead";
  }

  const Stage stage = e.at_syn.decided ? Stage::syn : Stage::hello;
  const Verdict& deciding = e.at_syn.decided ? e.at_syn : e.at_hello;
  int last = deciding.rule;
  if (last < 0 && deciding.shadow >= 0 && !policy.config.rules[deciding.shadow].shadow) last = deciding.shadow;
  if (last < 0) last = static_cast<int>(policy.config.rules.size()) - 1;
  const Explainer explainer(policy, stage, facts, moment);
  for (int rule = 0; rule <= last; ++rule) e.steps.push_back(explainer.step(rule));
  return e;
}

}  // namespace weir::policy
