#include "shapes/json.h"

#include <nlohmann/json.hpp>

#include "weir/control.h"

namespace weir::control {

namespace {

using Json = nlohmann::json;

}  // namespace

template <class T>
std::string json_text(const T& shape) {
  return Json(shape).dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

template <class T>
std::optional<T> parse_json(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  try {
    return json.get<T>();
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::optional<std::string> refusal_in(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("error")) return std::nullopt;
  const Json& error = json["error"];
  return error.is_string() ? error.get<std::string>() : "";
}

/// A shape's members, in one row; shapes that a row speaks of stand above it.
#define WEIR_JSON(Shape, ...)                                         \
  NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Shape, __VA_ARGS__) \
  template std::string json_text(const Shape&);                       \
  template std::optional<Shape> parse_json(std::string_view);
WEIR_JSON(Running, config, file, since, rules, names, differs, refused, refused_at, confirm_until, passed_over, held,
          stale, empty, unknown_devices)
WEIR_JSON(RuleCount, rule, count)
WEIR_JSON(Would, observe, shadows, lines, refused, most)
WEIR_JSON(Times, rules, in_force, clock_set, next, next_wall)
WEIR_JSON(Tier, kernel, attach, takeover, fallback, floor, on_failure, differing)
WEIR_JSON(Connections, open, pass, inspect, splice, serve, block, reset, redirect, failed, requests, bytes_in,
          bytes_out)
WEIR_JSON(Unjudged, no_daemon, overloaded, listener_full, flow_map_full, assign_failed, takeover_failed, last)
WEIR_JSON(Limited, waited, refused, full)
WEIR_JSON(Memory, used, ceiling, reached)
WEIR_JSON(Dials, same_port, other_port, gateway)
WEIR_JSON(Seen, named, nameless, quic)
WEIR_JSON(Conntrack, used, most)
WEIR_JSON(Outage, since, families, total, asked)
WEIR_JSON(AccessLog, path, dropped, lost, error, format, only)
WEIR_JSON(HandChange, number, action, host, client, list, since, until, idle)
WEIR_JSON(Status, version, state, started, now, workers, policy, times, would, tier, connections, unjudged, limited,
          memory, dials, outage, seen, inside_ms, conntrack, log, by_hand, events, events_lost)
WEIR_JSON(Health, well, reason, notes, line)
WEIR_JSON(FlowLine, live, ts, flow, client, client_port, mac, client_name, dst, dst_port, host, depth, action, rule,
          would, would_rule, reason, method, url, status, cache, bytes_in, bytes_out, duration_ms)
WEIR_JSON(FlowList, flows, more)
WEIR_JSON(ClientLine, name, mac, addresses, groups, connections, waiting, allowed, full, opened, refused, bytes_in,
          bytes_out, first_seen, last_seen)
WEIR_JSON(NameTrouble, name, trouble)
WEIR_JSON(ClientList, now, clients, most, uncounted, files, troubles)
WEIR_JSON(WireReason, name, text, count)
WEIR_JSON(EndReason, name, text, failure, count, connections)
WEIR_JSON(Reasons, wire, close)
WEIR_JSON(SlowSpan, carrier, count, now_ms, usual_ms, slow)
WEIR_JSON(SlowStage, stage, spans)
WEIR_JSON(SentAgain, side, carrier, sent, again, usual_percent)
WEIR_JSON(Slow, now, from, verdict, since, times, passed_too, most, usual, needs, trouble, outage, stages, again)
WEIR_JSON(LastPage, written, asked, health, status)
WEIR_JSON(CacheCount, name, text, saved, count)
WEIR_JSON(CachedObject, url, size, answers, bytes)
WEIR_JSON(Cache, started, now, memory, ceiling, objects, bytes_saved, bytes_out, results, top)
WEIR_JSON(Purged, objects, bytes)
WEIR_JSON(PolicyRule, name, action, where, shadow, in_force, hits, would)
WEIR_JSON(Policy, config, observe, rules, groups, lists)
WEIR_JSON(ExplainStep, rule, where, answer, because)
WEIR_JSON(Explained, client, mac, client_name, dest, port, host, exempt, action, rule, where, would, would_rule,
          would_where, observing, stage, unseen, depth, depth_because, time, steps)
WEIR_JSON(Refusal, code, ts, client, host, dst, dst_port, url, action, rule, where)
WEIR_JSON(Refusals, now, refusals)
WEIR_JSON(ListLine, name, source, format, names, unreadable, other, bare, categories, rules, except, updated, checked,
          failure, failed_at, held, held_at)
WEIR_JSON(Lists, now, lists)
WEIR_JSON(InUse, name, clients)
WEIR_JSON(ListDiff, list, held, added, removed, first_added, first_removed, refused, clients)
WEIR_JSON(ListChanged, done, list, failure, names, held, change, unkept)
WEIR_JSON(StillRefused, name, rule, at)
WEIR_JSON(HandChanged, done, failure, suggestion, change, overrides, overrides_at, unkept, reset, held, unread, now,
          observe, nobody)
WEIR_JSON(Mistake, where, text, suggestion)
WEIR_JSON(Reloaded, done, config, file, rules, names, reset, mistakes, waiting, confirm_until, differs)
WEIR_JSON(FileChange, file, added, removed, lines)
WEIR_JSON(ConfigDiff, config, disk, file, files, mistakes, confirm_until)
WEIR_JSON(Event, ts, what, text, config, change, until)
WEIR_JSON(History, now, events)
WEIR_JSON(Drain, state, held)
#undef WEIR_JSON

}  // namespace weir::control
