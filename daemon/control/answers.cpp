#include "control/answers.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <expected>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "account/flow_ids.h"
#include "account/json.h"
#include "base/name.h"
#include "config/diagnostic.h"
#include "control/outage.h"
#include "control/watch.h"
#include "policy/explained.h"
#include "shapes/json.h"

namespace weir::control {

namespace {

using Json = nlohmann::ordered_json;
using Query = std::map<std::string, std::string, std::less<>>;

template <class Shape>
Answer good(const Shape& shape, int status = 200) {
  return {status, json_text(shape)};
}

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// RFC 3986 §2.1.  Empty when a "%" is not followed by two hexadecimal digits.
std::optional<std::string> decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

/// "a=1&b=2"; every name once.
std::optional<Query> parse_query(std::string_view text) {
  Query query;
  while (!text.empty()) {
    std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    auto equals = pair.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    auto value = decode(pair.substr(equals + 1));
    if (!value || !query.emplace(pair.substr(0, equals), *value).second) return std::nullopt;
  }
  return query;
}

std::optional<std::uint64_t> number(const std::string& text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) return std::nullopt;
  return value;
}

/// Fills in what the counters know.
void count(Status& s, const account::Totals& totals, const std::array<std::uint64_t, WEIR_WIRE_REASONS>& wire) {
  using account::Count;
  s.connections = {.open = totals.open(),
                   .pass = wire[WEIR_WIRE_passed_syn],
                   .inspect = wire[WEIR_WIRE_passed_hello],
                   .splice = totals.of(Depth::splice),
                   .serve = totals.of(Depth::serve),
                   .block = totals.of(Action::block),
                   .reset = totals.of(Action::reset),
                   .redirect = totals.of(Action::redirect),
                   .failed = totals.failed(),
                   .requests = totals.of(Count::requests),
                   .bytes_in = totals.of(Count::bytes_in),
                   .bytes_out = totals.of(Count::bytes_out)};
  const std::int64_t last = s.unjudged.last;
  s.unjudged = unjudged_of(wire);
  s.unjudged.last = last;
  s.limited.waited = wire[WEIR_WIRE_limited_new];
  s.limited.refused =
      wire[WEIR_WIRE_limited_connections] + totals.connections[static_cast<int>(CloseReason::client_limit)];
  s.seen = {
      .named = totals.of(Count::named), .nameless = totals.of(Count::nameless), .quic = wire[WEIR_WIRE_quic_passed]};
  s.dials = {.same_port = totals.of(Count::dial_same_port),
             .other_port = totals.of(Count::dial_other_port),
             .gateway = totals.of(Count::dial_gateway)};
  s.events_lost = wire[WEIR_WIRE_ring_full];
}

Would would(Desk& desk, const account::Totals& totals) {
  const config::Config& config = desk.policy().config();
  Would would{.observe = config.gateway.observe, .lines = totals.all()};
  would.shadows = static_cast<std::uint64_t>(std::ranges::count(config.rules, true, &config::Rule::shadow));
  const account::HitsByRule hits = desk.books().hits();
  for (std::size_t i = 0; i < config.rules.size(); ++i) {
    const auto counted = hits.find(desk.policy().rule_name(static_cast<int>(i)));
    if (counted == hits.end() || counted->second.would == 0) continue;
    would.most.push_back({counted->first, counted->second.would});
    if (refuses(config.rules[i].action)) would.refused += counted->second.would;
  }
  std::ranges::stable_sort(would.most, std::greater(), &RuleCount::count);
  if (would.most.size() > 3) would.most.resize(3);
  return would;
}

Answer status(Desk& desk, const Query&) { return good(status_of(desk)); }

/// Of a value that is none: what would be one.
Answer unfit(const std::string& name, std::string_view takes) {
  return refusal(400, name + ": not understood; it takes " + std::string(takes));
}

/// What a flow may call a device of this name: lines have the first that a device bears, and it may bear others.
std::vector<std::string> names_of(Desk& desk, const std::string& client) {
  const auto name = device_name(client);
  if (!name) return {};
  std::vector<std::string> names{*name};
  if (const auto who = desk.who(*name); who && !who->name.empty() && who->name != *name) names.push_back(who->name);
  return names;
}

Answer flows(Desk& desk, const Query& query) {
  account::Filter filter;
  for (const auto& [name, value] : query) {
    if (name == "client") {
      filter.client = Prefix::parse(value);
      filter.mac = Mac::parse(value);
      if (!filter.client && !filter.mac) filter.client_names = names_of(desk, value);
      if (!filter.client && !filter.mac && filter.client_names.empty())
        return unfit(name, "an address, a prefix, a hardware address or a name");
    } else if (name == "host") {
      const auto host = normalise_name(value);
      if (!host) return unfit(name, "a host name or an address");
      filter.host = *host;
      filter.dest = Address::parse(*host);
    } else if (name == "failed") {
      if (value != "0" && value != "1") return unfit(name, "0 or 1");
      filter.failed = value == "1";
    } else if (name == "since") {
      const auto seconds = number(value, 1, 3650ull * 24 * 3600);
      if (!seconds) return unfit(name, "seconds, of ten years at most");
      filter.since = std::chrono::system_clock::now() - std::chrono::seconds(*seconds);
    } else if (name == "limit") {
      const auto limit = number(value, 1, 10000);
      if (!limit) return unfit(name, "1 to 10000");
      filter.limit = *limit;
    } else {
      return refusal(400, name + ": not understood");
    }
  }
  const std::size_t limit = filter.limit++;  // one more than is told: whether there are more

  auto list = Json::array();
  auto add = [&](const account::Record& record, bool live) {
    auto line = account::to_json(record);
    line["live"] = live;
    if (live) line.erase("reason");  // it has not ended
    list.push_back(std::move(line));
  };
  // What is alive has not failed.
  if (!filter.failed) {
    for (const account::Record& record : desk.books().live(filter)) add(record, true);
    filter.limit -= list.size();
  }
  if (filter.limit > 0) {
    for (const account::Record& record : desk.books().recent(filter)) add(record, false);
  }
  const bool more = list.size() > limit;
  if (more) list.erase(limit);
  return {200, line_of({{"flows", std::move(list)}, {"more", more}})};
}

Answer clients(Desk& desk, const Query&) {
  ClientList all = desk.clients();
  all.now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return good(all);
}

Answer reasons(Desk& desk, const Query&) {
  Reasons all;
  auto wire = desk.wire();
  for (std::uint32_t i = 0; i < WEIR_WIRE_REASONS; ++i) {
    auto reason = static_cast<weir_wire_reason>(i);
    all.wire.push_back({std::string(word(reason)), std::string(text(reason)), wire[i]});
  }
  account::Totals totals = desk.books().totals();
  for (int i = 0; i < close_reasons; ++i) {
    auto reason = static_cast<CloseReason>(i);
    all.close.push_back({std::string(word(reason)), std::string(text(reason)), is_failure(reason), totals.records[i],
                         totals.connections[i]});
  }
  return good(all);
}

Answer cache_in_use(Desk& desk, const Query& query) {
  std::size_t limit = 10;
  for (const auto& [name, value] : query) {
    const auto given = name == "limit" ? number(value, 1, 1000) : std::nullopt;
    if (!given) return refusal(400, name + ": not understood");
    limit = *given;
  }
  const account::Totals totals = desk.books().totals();
  const cache::Store& store = desk.cache();
  Cache c{.started = desk.situation().started,
          .now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()),
          .memory = store.used(),
          .ceiling = store.ceiling(),
          .objects = store.entries(),
          .bytes_saved = totals.of(account::Count::cache_bytes),
          .bytes_out = totals.of(account::Count::bytes_out),
          .results = {},
          .top = {}};
  for (int i = 0; i < cache_results; ++i) {
    const auto result = static_cast<CacheResult>(i);
    c.results.push_back({std::string(word(result)), std::string(text(result)), is_saved(result), totals.of(result)});
  }
  for (auto& top : store.top(limit)) c.top.push_back({std::move(top.url), top.size, top.uses, top.octets});
  return good(c);
}

/// "http://host[:port]/path?query", or "host[:port][/path]" as people write it.
std::optional<cache::Shard::Gone> purge_url(cache::Store& store, std::string_view url) {
  constexpr std::string_view scheme = "http://";
  if (url.starts_with(scheme)) url.remove_prefix(scheme.size());
  const std::string_view authority = url.substr(0, url.find_first_of("/?"));
  std::string target(url.substr(authority.size(), url.find('#') - authority.size()));
  if (!target.starts_with('/')) target.insert(0, "/");
  const auto host = normalise_name(authority);
  if (!host) return {};
  return store.purge(*host, target);
}

Answer purge(Desk& desk, const Query& query) {
  if (query.size() != 1) return refusal(400, "give one of url, host and all");
  const auto& [name, value] = *query.begin();
  std::optional<cache::Shard::Gone> gone;
  if (name == "url") {
    gone = purge_url(desk.cache(), value);
  } else if (name == "host") {
    if (const auto host = normalise_name(value)) gone = desk.cache().purge(*host, {});
  } else if (name == "all" && value == "1") {
    gone = desk.cache().purge_all();
  }
  if (!gone) return unfit(name, name == "url" ? "a URL, as http://www.example/logo.png" : "the name of a host");
  return good(Purged{.objects = gone->count, .bytes = gone->octets});
}

Answer policy_in_force(Desk& desk, const Query&) {
  Policy policy{.config = desk.situation().policy.config, .observe = false, .rules = {}, .groups = {}, .lists = {}};
  const policy::Snapshot& snapshot = desk.policy();
  const config::Config& config = snapshot.config();
  policy.observe = config.gateway.observe;
  const account::HitsByRule hits = desk.books().hits();
  for (std::size_t i = 0; i < config.rules.size(); ++i) {
    const config::Rule& rule = config.rules[i];
    PolicyRule& out = policy.rules.emplace_back();
    config::Where where = rule.where;
    where.column = 0;
    out = {.name = snapshot.rule_name(static_cast<int>(i)),
           .action = std::string(word(rule.action)),
           .where = config::to_text(where),
           .shadow = rule.shadow,
           .in_force = snapshot.in_force(i)};
    const auto counted = hits.find(out.name);
    if (counted == hits.end()) continue;
    out.hits = counted->second.did;
    out.would = counted->second.would;
  }
  for (const config::Group& group : config.groups) policy.groups.push_back(group.name);
  for (const config::List& list : config.lists) policy.lists.push_back(list.name);
  return good(policy);
}

Answer explain(Desk& desk, const Query& query) {
  policy::Facts facts{.client = {}, .dest = {}, .port = 443, .name = {}};
  std::string host;
  std::optional<Who> client;
  bool dest_given = false;
  policy::Moment moment = desk.moment();
  for (const auto& [name, value] : query) {
    bool fits = false;
    if (name == "client") {
      client = desk.who(value);
      if (!client && device_name(value)) return refusal(409, "no device is called " + value + " now");
      if (!client) return unfit(name, "an address, a hardware address or a name");
      fits = true;
    } else if (name == "dest") {
      auto address = Address::parse(value);
      fits = dest_given = address.has_value();
      if (address) facts.dest = *address;
    } else if (name == "port") {
      auto port = number(value, 1, 65535);
      fits = port.has_value();
      if (port) facts.port = static_cast<std::uint16_t>(*port);
    } else if (name == "host") {
      auto normal = normalise_name(value);
      fits = normal.has_value();
      if (normal) host = *normal;
    } else if (name == "time") {
      auto wall = parse_wall(value);
      fits = wall.has_value();
      if (wall) moment = *wall;
    }
    if (!fits) return refusal(400, name + ": not understood");
  }
  if (!client) return refusal(400, "client: missing");
  facts.client = client->address;
  facts.mac = client->mac;
  facts.name = host;
  Explained explained = policy::explained(desk.policy(), facts, dest_given, desk.situation().tier.takeover, moment);
  explained.client_name = client->name;
  return good(explained);
}

Answer outcome(const Reloaded& reloaded) { return good(reloaded, reloaded.done ? 200 : 422); }

/// 409 and the reason when there is nothing to do.
Answer outcome(const std::expected<Reloaded, std::string>& reloaded) {
  return reloaded ? outcome(*reloaded) : refusal(409, reloaded.error());
}

Answer reload(Desk& desk, const Query& query) {
  constexpr std::uint64_t week = 7 * 24 * 3600;
  std::optional<std::chrono::seconds> window;
  for (const auto& [name, value] : query) {
    const auto given = name == "confirm" ? number(value, 1, week) : std::nullopt;
    if (!given) return unfit(name, "seconds, of 7 days at most");
    window = std::chrono::seconds(*given);
  }
  return outcome(desk.reload(window));
}

Answer confirm(Desk& desk, const Query&) { return outcome(desk.confirm()); }

Answer roll_back(Desk& desk, const Query&) { return outcome(desk.roll_back()); }

Answer config_diff(Desk& desk, const Query&) { return good(desk.config_difference()); }

Answer history(Desk& desk, const Query& query) {
  const std::int64_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::int64_t from = 0;
  for (const auto& [name, value] : query) {
    const auto given = name == "since" ? number(value, 1, std::uint64_t{1} << 40) : std::nullopt;
    if (!given) return unfit(name, "seconds");
    from = now - static_cast<std::int64_t>(*given);
  }
  return good(History{.now = now, .events = desk.events(from)});
}

Answer drain(Desk& desk, const Query& query) {
  const auto undo = query.find("undo");
  if (query.size() != (undo == query.end() ? 0u : 1u) || (undo != query.end() && undo->second != "1"))
    return refusal(400, "undo: not understood");
  const auto drained = desk.drain(undo != query.end());
  return drained ? good(*drained) : refusal(409, drained.error());
}

/// "a,b": neither names nor addresses hold a comma.
std::vector<std::string> elements(std::string_view text) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    if (!one.empty()) all.emplace_back(one);
  }
  return all;
}

Answer told(const HandChanged& changed) { return good(changed, changed.done ? 200 : 422); }

Answer change_by_hand(Desk& desk, const Query& query) {
  constexpr std::uint64_t longest = 10ull * 366 * 24 * 3600;
  config::Change change;
  bool action_given = false;
  for (const auto& [name, value] : query) {
    bool fits = true;
    if (name == "action") {
      fits = action_given = value == "block" || value == "allow" || value == "pass" || value == "never";
      change.never = value == "never";
      change.action = value == "allow" ? Action::allow : value == "pass" ? Action::pass : Action::block;
    } else if (name == "host") {
      change.host = elements(value);
    } else if (name == "client") {
      change.client = elements(value);
    } else if (const auto time = number(value, 1, longest); name == "for" && time) {
      change.until =
          std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()) + static_cast<std::int64_t>(*time);
    } else {
      fits = false;
    }
    if (!fits) return refusal(400, name + ": not understood");
  }
  if (!action_given) return refusal(400, "action: missing");
  if (change.action != Action::pass && change.host.empty()) return refusal(400, "host: missing");
  return told(desk.change_by_hand(std::move(change)));
}

Answer undo(Desk& desk, const Query& query) {
  const auto given = query.find("number");
  const auto wanted = query.size() == 1 && given != query.end() ? number(given->second, 1, ~0u) : std::nullopt;
  if (!wanted) return unfit("number", "that of a change");
  return told(desk.undo(static_cast<unsigned>(*wanted)));
}

Answer lists(Desk& desk, const Query&) {
  Lists all = desk.lists();
  all.now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return good(all);
}

/// "weir.toml:41" of a rule's name; "" when no rule has it any more.
std::string place_of(const policy::Snapshot& policy, const std::string& rule) {
  const auto& rules = policy.config().rules;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (policy.rule_name(static_cast<int>(i)) != rule) continue;
    config::Where where = rules[i].where;
    where.column = 0;
    return config::to_text(where);
  }
  return {};
}

/// A connection may have had several requests refused: they bear one code.
Answer refusals(Desk& desk, const Query& query) {
  constexpr std::size_t most = 10;
  const auto given = query.find("code");
  const auto code = given == query.end() ? std::nullopt : account::parse_flow_code(given->second);
  if (!code || query.size() != 1) return unfit("code", "what a block page shows, as K7QM-2XRA");
  Refusals all{.now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()), .refusals = {}};
  for (const account::Record& r : desk.books().refused({.code = code, .limit = most})) {
    all.refusals.push_back({.code = account::flow_code(r.id),
                            .ts = account::rfc3339(r.ts),
                            .client = r.flow.client.address.to_string(),
                            .host = r.host,
                            .dst = r.flow.origin.address.to_string(),
                            .dst_port = r.flow.origin.port,
                            .url = r.url,
                            .action = std::string(word(r.action)),
                            .rule = r.rule,
                            .where = place_of(desk.policy(), r.rule)});
  }
  if (all.refusals.empty()) return refusal(409, "no refusal of this code is remembered");
  return good(all);
}

Answer slow(Desk& desk, const Query&) { return good(desk.slow()); }

Answer health(Desk& desk, const Query&) {
  return good(
      health_of(desk, bulletin_of(desk), std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

/// The values of a query that names exactly these; empty when it does not.
std::optional<std::vector<std::string>> values(const Query& query, std::initializer_list<std::string_view> names) {
  if (query.size() != names.size()) return std::nullopt;
  std::vector<std::string> all;
  for (const std::string_view name : names) {
    const auto found = query.find(name);
    if (found == query.end()) return std::nullopt;
    all.push_back(found->second);
  }
  return all;
}

Answer list_diff(Desk& desk, const Query& query) {
  const auto asked = values(query, {"list"});
  if (!asked) return refusal(400, "list: missing");
  const auto difference = desk.difference(asked->front());
  return difference ? good(*difference) : refusal(409, difference.error());
}

Answer changed(const ListChanged& change) { return good(change, change.done ? 200 : 422); }

Answer list_accept(Desk& desk, const Query& query) {
  const auto asked = values(query, {"list"});
  return asked ? changed(desk.accept(asked->front())) : refusal(400, "list: missing");
}

Answer list_except(Desk& desk, const Query& query) {
  Query rest = query;
  const auto flag = rest.extract("again");
  const bool again = !flag.empty() && flag.mapped() == "1";
  const auto asked = values(rest, {"list", "name"});
  if (!asked || (!flag.empty() && !again)) return refusal(400, "list and name: not understood");
  const std::string& written = asked->back();
  const bool subtree = written.starts_with('.');
  const auto name = normalise_name(std::string_view(written).substr(subtree ? 1 : 0));
  if (!name) return refusal(400, "name: not a host name");
  return changed(desk.except(asked->front(), (subtree ? "." : "") + *name, again));
}

struct Route {
  std::string_view method, path;
  bool takes_query;
  Answer (*handler)(Desk&, const Query&);
};
constexpr Route routes[] = {
    {"GET", "/v1/status", false, status},
    {"GET", "/v1/flows", true, flows},
    {"GET", "/v1/clients", false, clients},
    {"GET", "/v1/reasons", false, reasons},
    {"GET", "/v1/policy", false, policy_in_force},
    {"GET", "/v1/cache", true, cache_in_use},
    {"POST", "/v1/purge", true, purge},
    {"GET", "/v1/explain", true, explain},
    {"GET", "/v1/refusal", true, refusals},
    {"GET", "/v1/health", false, health},
    {"GET", "/v1/slow", false, slow},
    {"GET", "/v1/lists", false, lists},
    {"GET", "/v1/lists/diff", true, list_diff},
    {"POST", "/v1/lists/accept", true, list_accept},
    {"POST", "/v1/lists/except", true, list_except},
    {"POST", "/v1/changes", true, change_by_hand},
    {"POST", "/v1/changes/undo", true, undo},
    {"POST", "/v1/reload", true, reload},
    {"POST", "/v1/confirm", false, confirm},
    {"POST", "/v1/rollback", false, roll_back},
    {"GET", "/v1/diff", false, config_diff},
    {"GET", "/v1/history", true, history},
    {"POST", "/v1/drain", true, drain},
};

}  // namespace

Unjudged unjudged_of(const std::array<std::uint64_t, WEIR_WIRE_REASONS>& wire) {
  return {.no_daemon = wire[WEIR_WIRE_no_daemon],
          .overloaded = wire[WEIR_WIRE_overloaded],
          .listener_full = wire[WEIR_WIRE_listener_full],
          .flow_map_full = wire[WEIR_WIRE_flow_map_full],
          .assign_failed = wire[WEIR_WIRE_assign_failed],
          .takeover_failed = wire[WEIR_WIRE_takeover_failed]};
}

Status status_of(Desk& desk) {
  Status s = desk.situation();
  s.now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  const account::Totals totals = desk.books().totals();
  count(s, totals, desk.wire());
  s.would = would(desk, totals);
  s.outage = outage_of(desk.books().reach());
  const account::AccessLog& log = desk.books().log();
  const config::Log& kept = desk.policy().config().log;
  s.log = {.path = log.where(),
           .dropped = totals.of(account::Count::log_dropped),
           .lost = log.lost(),
           .error = log.error() ? log.error().message() : "",
           .format = std::string(word(kept.format)),
           .only = kept.only_blocked ? "blocked" : "all"};
  return s;
}

Answer refusal(int status, std::string_view text) { return {status, line_of({{"error", text}})}; }

Answer answer(Desk& desk, std::string_view method, std::string_view target) {
  std::string_view path = target.substr(0, target.find('?'));
  std::string_view rest = target.substr(path.size());
  for (const Route& route : routes) {
    if (route.path != path) continue;
    if (route.method != method) return refusal(405, "this path takes " + std::string(route.method));
    if (!rest.empty() && !route.takes_query) return refusal(400, "this path takes no query");
    auto query = parse_query(rest.empty() ? rest : rest.substr(1));
    if (!query) return refusal(400, "the query is not understood");
    return route.handler(desk, *query);
  }
  return refusal(404, "no such path");
}

}  // namespace weir::control
