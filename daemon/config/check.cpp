#include "config/check.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/name.h"
#include "base/text.h"

namespace weir::config {

namespace {

/// Names of one kind of thing and where each was given first.
using Names = std::map<std::string_view, const Where*>;

template <class Thing>
Names gather(const std::vector<Thing>& things, std::string_view kind, Diagnostics& diagnostics) {
  Names names;
  for (const Thing& thing : things) {
    if (thing.name.empty()) continue;  // reported when it was read
    const auto [known, fresh] = names.emplace(thing.name, &thing.where);
    if (fresh) continue;
    diagnostics.error(thing.where, "two " + std::string(kind) + "s are called " + in_quotes(thing.name) +
                                       "; the other stands at " + to_text(*known->second));
  }
  return names;
}

/// "ut1" of "ut1/adult": which categories a list has is known only when it is read.
std::string_view list_of(std::string_view reference) { return reference.substr(0, reference.find('/')); }

/// Every reference in `matches` must name one of `right`; `wrong` are the things of the other kind.
void check_references(const std::vector<Match>& matches, std::string_view kind, const Names& right, const Names& wrong,
                      Diagnostics& diagnostics) {
  for (const Match& match : matches) {
    const std::string_view named = kind == "list" ? list_of(match.text) : std::string_view(match.text);
    if (match.kind != Match::Kind::reference || right.contains(named)) continue;
    const std::string what = "there is no " + std::string(kind) + " " + in_quotes("@" + match.text);
    if (wrong.contains(match.text)) {
      diagnostics.error(match.where, what,
                        kind == "group" ? "it is a list, which belongs into host = [...]"
                                        : "it is a group, which belongs into client = [...]");
      continue;
    }
    std::vector<std::string_view> known;
    for (const auto& [name, where] : right) known.push_back(name);
    const std::string_view near = nearest(named, known);
    diagnostics.error(
        match.where, what,
        near.empty() ? "define it as [[" + std::string(kind) + "]] name = " + in_quotes(named)
                     : "did you mean " + in_quotes("@" + std::string(near) + match.text.substr(named.size())) + "?");
  }
}

void check_redirect(const Rule& rule, Diagnostics& diagnostics) {
  const bool redirects = rule.action == Action::redirect;
  if (redirects && rule.location.empty()) {
    diagnostics.error(rule.where, "this rule redirects, but has no \"location\"",
                      "location = \"http://notice.example/\"");
  }
  if (!redirects && !rule.location.empty()) {
    diagnostics.error(rule.where, "location has no meaning beside this action", "action = \"redirect\"");
  }
}

void check_dial(const Rule& rule, Diagnostics& diagnostics) {
  if (rule.dial.empty() || rule.action == Action::allow) return;
  diagnostics.error(rule.where, "dial has no meaning beside this action",
                    rule.action == Action::pass ? "action = \"allow\": what passes goes where the client dialled"
                                                : "action = \"allow\"");
}

void check_lock(const Rule& rule, Diagnostics& diagnostics) {
  if (!rule.locked || refuses(rule.action)) return;
  diagnostics.error(rule.where, "locked has no meaning beside this action: it keeps what a rule refuses closed",
                    "leave it out");
}

/// Of nested prefixes the longest decides, and a device goes before them; of equal ones neither could.
void check_failures(const Config& config, Diagnostics& diagnostics) {
  std::map<std::string, const Group*> known;
  for (const Group& group : config.groups) {
    if (!group.on_failure) continue;
    std::vector<std::string> members;
    for (const Prefix& prefix : group.clients) members.push_back(prefix.to_string());
    for (const Mac& mac : group.macs) members.push_back(mac.to_string());
    for (const NamedDevice& device : group.devices) members.push_back(device.name);
    for (const std::string& member : members) {
      const Group& other = *known.emplace(member, &group).first->second;
      if (other.on_failure == group.on_failure) continue;
      diagnostics.error(group.where, in_quotes(member) + " stands in two groups with different on_failure; the " +
                                         "other is " + in_quotes(other.name) + " at " + to_text(other.where));
    }
  }
}

/// "kids" for "@kids" is a mistake that nothing else would show: it is a device of that name.
void check_devices(const Config& config, const Names& groups, Diagnostics& diagnostics) {
  for (const auto* clients : config.clients_meant()) {
    for (const Match& match : *clients) {
      if (match.kind != Match::Kind::device || !groups.contains(match.text)) continue;
      diagnostics.warning(match.where, in_quotes(match.text) + " means a device of that name, not the group",
                          "write " + in_quotes((match.negated ? "!@" : "@") + match.text) + " for the group");
    }
  }
}

std::string title(const Config& config, std::size_t rule) {
  const std::string& name = config.rules[rule].name;
  return name.empty() ? "rule " + std::to_string(rule + 1) : in_quotes(name);
}

/// Decides about every connection.
bool unconditional(const Rule& rule) {
  return !rule.shadow && rule.client.empty() && rule.dest.empty() && rule.port.empty() && rule.host.empty() &&
         rule.time.empty();
}

void review_order(const Config& config, Diagnostics& diagnostics) {
  const auto winner = std::ranges::find_if(config.rules, unconditional);
  if (winner == config.rules.end() || winner + 1 == config.rules.end()) return;
  const std::size_t at = winner - config.rules.begin(), behind = config.rules.size() - at - 1;
  std::string who = title(config, at + 1);
  if (behind > 1) who += " and " + std::to_string(behind - 1) + " more";
  diagnostics.warning(winner[1].where, who + " can never win: " + title(config, at) + " at " + to_text(winner->where) +
                                           " has no condition and always does");
}

void review_rules(const Config& config, const std::map<std::string, Where>& places, Diagnostics& diagnostics) {
  const auto named = std::ranges::find_if(config.rules, [](const Rule& r) { return !r.host.empty(); });
  if (named != config.rules.end() && config.gateway.quic == Quic::pass) {
    const auto written = places.find("gateway.quic");
    diagnostics.warning(written == places.end() ? named->where : written->second,
                        "names inside QUIC are not seen, so rules on host do not reach it",
                        "set gateway.quic = \"reject\": clients then use TCP at once");
  }
  for (const Rule& rule : config.rules) {
    if (rule.unseen_blocks && rule.host.empty()) {
      diagnostics.warning(rule.where, "unseen has no effect in a rule without host", "leave it out, or add host");
    }
  }
}

/// "notice.example" of "http://notice.example:8080/x"
std::string host_of(std::string_view url) {
  url.remove_prefix(url.find("://") + 3);
  return normalise_name(url.substr(0, url.find_first_of("/?#"))).value_or("");
}

/// A browser that is sent to a place from which the same rule sends it on gives up after some rounds.
void review_redirects(const Config& config, Diagnostics& diagnostics) {
  for (const Rule& rule : config.rules) {
    if (rule.action != Action::redirect || !rule.location.starts_with("http://")) continue;
    const std::string host = host_of(rule.location);
    bool wanted = false, reached = false, spared = false;
    for (const Match& match : rule.host) {
      const bool holds = match.kind == Match::Kind::exact
                             ? host == match.text
                             : match.kind == Match::Kind::subtree && within(host, match.text);
      wanted |= !match.negated;
      (match.negated ? spared : reached) |= holds;
    }
    if (spared || (wanted && !reached)) continue;
    diagnostics.warning(rule.where, "this rule also redirects requests for the place where it leads",
                        "except it: host = [\"!" + host + "\"]");
  }
}

void review_observe(const Config& config, const std::map<std::string, Where>& places, Diagnostics& diagnostics) {
  if (!config.gateway.observe) return;
  for (const char* key : {"gateway.on_failure", "gateway.quic"}) {
    const bool enforces = std::string_view(key) == "gateway.quic" ? config.gateway.quic == Quic::reject
                                                                  : config.gateway.on_failure == OnFailure::closed;
    if (enforces)
      diagnostics.warning(places.at(key), std::string(key) + " has no effect while gateway.observe is true");
  }
}

/// What is said of log files means nothing where no log is a file.
void review_log(const Config& config, const std::map<std::string, Where>& places, Diagnostics& diagnostics) {
  const auto written = [&](const char* key) { return places.find(key); };
  const bool file = config.log.access.starts_with('/') || config.log.events.starts_with('/');
  if (const auto keep = written("log.keep"); keep != places.end() && !file)
    diagnostics.warning(keep->second, "log.keep has no effect: no log is a file");
  for (const char* key : {"log.format", "log.query", "log.only"}) {
    if (const auto at = written(key); at != places.end() && config.log.access.empty())
      diagnostics.warning(at->second, std::string(key) + " has no effect while log.access is \"off\"");
  }
}

void review_use(const Config& config, Diagnostics& diagnostics) {
  std::set<std::string_view> used;  // no list shares its name with a group
  const auto uses = [&](const std::vector<Match>& matches) {
    for (const Match& match : matches) {
      if (match.kind == Match::Kind::reference) used.insert(list_of(match.text));
    }
  };
  for (const auto* clients : config.clients_meant()) uses(*clients);
  for (const Rule& rule : config.rules) uses(rule.host);
  for (const List& list : config.lists) {
    if (!used.contains(list.name)) {
      diagnostics.warning(list.where, "list " + in_quotes(list.name) + " is never used",
                          "use it in a rule: host = [" + in_quotes("@" + list.name) + "]");
    }
  }
  for (const Group& group : config.groups) {
    if (!used.contains(group.name) && !group.on_failure) {
      diagnostics.warning(group.where, "group " + in_quotes(group.name) + " is never used",
                          "use it in a rule or a limit: client = [" + in_quotes("@" + group.name) + "]");
    }
  }
}

/// Of each kind the first that matches holds.
void review_limits(const Config& config, Diagnostics& diagnostics) {
  const Limit *of_arrivals = nullptr, *of_connections = nullptr;
  for (const Limit& limit : config.client_limits) {
    const auto review = [&](const char* key, bool given, const Limit*& first) {
      if (given && first)
        diagnostics.warning(limit.where,
                            std::string(key) + " of limit " + in_quotes(limit.name) + " never holds: " +
                                in_quotes(first->name) + " at " + to_text(first->where) + " limits each client",
                            "move it in front of " + in_quotes(first->name));
      if (given && !first && limit.client.empty()) first = &limit;
    };
    review("new", limit.arrivals.count > 0, of_arrivals);
    review("connections", limit.connections > 0, of_connections);
  }
  if (config.gateway.observe && !config.client_limits.empty())
    diagnostics.warning(config.client_limits.front().where, "limits have no effect while gateway.observe is true");
}

void review_groups(const Config& config, Diagnostics& diagnostics) {
  for (const Group& group : config.groups) {
    if (group.clients.empty() && group.macs.empty() && group.devices.empty()) {
      diagnostics.warning(group.where, "group " + in_quotes(group.name) + " is empty: it matches nobody");
    }
  }
}

}  // namespace

void check(const Config& config, const std::map<std::string, Where>& places, Diagnostics& diagnostics) {
  const Names lists = gather(config.lists, "list", diagnostics);
  const Names groups = gather(config.groups, "group", diagnostics);
  for (const auto& [name, where] : groups) {
    const auto list = lists.find(name);
    if (list == lists.end()) continue;
    diagnostics.error(
        *where, in_quotes("@" + std::string(name)) + " would mean this group and the list at " + to_text(*list->second),
        "rename one of them");
  }
  for (const auto* clients : config.clients_meant()) check_references(*clients, "group", groups, lists, diagnostics);
  for (const Rule& rule : config.rules) check_references(rule.host, "list", lists, groups, diagnostics);

  for (const Rule& rule : config.rules) {
    check_redirect(rule, diagnostics);
    check_dial(rule, diagnostics);
    check_lock(rule, diagnostics);
  }
  gather(config.client_limits, "limit", diagnostics);
  check_failures(config, diagnostics);
  check_devices(config, groups, diagnostics);

  for (const std::uint16_t port : config.gateway.tls) {
    if (std::ranges::count(config.gateway.http, port) == 0) continue;
    // One of the two was written: the defaults do not meet.
    const auto tls = places.find("gateway.tls");
    diagnostics.error(tls == places.end() ? places.at("gateway.http") : tls->second,
                      "port " + std::to_string(port) + " stands in gateway.http and in gateway.tls");
  }
}

void review(const Config& config, const std::map<std::string, Where>& places, Diagnostics& diagnostics) {
  review_order(config, diagnostics);
  review_rules(config, places, diagnostics);
  review_use(config, diagnostics);
  review_groups(config, diagnostics);
  review_limits(config, diagnostics);
  review_redirects(config, diagnostics);
  review_observe(config, places, diagnostics);
  review_log(config, places, diagnostics);
}

std::map<std::string, Where> devices_of(const Config& config) {
  std::map<std::string, Where> devices;
  for (const Group& group : config.groups) {
    for (const NamedDevice& device : group.devices) devices.emplace(device.name, device.where);
  }
  for (const auto* clients : config.clients_meant()) {
    for (const Match& match : *clients) {
      if (match.kind == Match::Kind::device) devices.emplace(match.text, match.where);
    }
  }
  return devices;
}

}  // namespace weir::config
