// Changes by hand: rules above those of the file, kept in control.state until they end or are undone.
#include <algorithm>
#include <chrono>
#include <limits>

#include "policy/effect.h"
#include "run/log.h"
#include "run/world.h"

namespace weir::run {

namespace {

std::int64_t now_in_seconds() { return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()); }

/// "change=7 block host=a.example client=@kids until=1767366000"
std::string told(const config::Change& change) {
  const auto joined = [](const char* key, const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& one : all) text += (text.empty() ? std::string(" ") + key + '=' : ",") + one;
    return text;
  };
  const std::string what = std::string(word(change)) + (change.list.empty() ? "" : " list=" + change.list);
  return "change=" + std::to_string(change.number) + ' ' + what + joined("host", change.host) +
         joined("client", change.client) + (change.until == 0 ? "" : " until=" + std::to_string(change.until));
}

/// Whether the same rules come of both.
bool judge_alike(const load::ByHand& one, const load::ByHand& other) {
  const auto rules = [](const load::ByHand& by_hand) {
    std::vector<unsigned> numbers;
    for (const config::Change& change : by_hand.changes) {
      if (change.judges()) numbers.push_back(change.number);
    }
    return numbers;
  };
  return rules(one) == rules(other);
}

}  // namespace

std::shared_ptr<const policy::Snapshot> World::compile(const load::Loaded& loaded, const load::ByHand& by_hand,
                                                       std::uint32_t id) const {
  config::Config config = config::with_changes(*loaded.config, by_hand.changes);
  auto devices = policy::devices_in(config, *loaded.directory);
  return policy::Snapshot::build(std::move(config), loaded.lists, id, present(), std::move(devices));
}

std::vector<config::Change> World::changes() const {
  std::vector<config::Change> all = by_hand_.changes;
  std::ranges::reverse(all);
  return all;
}

std::string World::idle(const config::Change& change) const {
  if (!change.list.empty()) return find_list(change.list) ? "" : "there is no list " + change.list;
  config::Diagnostics diagnostics;
  if (config::rule_of(change, *loaded_.config, diagnostics)) return "";
  return std::move(diagnostics).take({}).front().message;
}

void World::recall_changes() {
  auto kept = load::Keep(loaded_.config->control.state).by_hand();
  if (!kept) return log_error("changes by hand cannot be read from control.state: " + kept.error().cause.message());
  by_hand_ = std::move(*kept);
  const std::int64_t now = now_in_seconds();
  std::ranges::copy_if(by_hand_.changes, std::back_inserter(ended_), [&](const auto& c) { return c.over(now); });
  std::erase_if(by_hand_.changes, [&](const config::Change& change) { return change.over(now); });
  number_exceptions();
  for (const config::Change& change : by_hand_.changes) log_info("by hand: " + told(change));
}

std::string World::keep_changes() const {
  const auto put = load::Keep(loaded_.config->control.state).put_by_hand(by_hand_);
  if (put) return "";
  log_error("changes by hand cannot be kept in control.state: " + put.error().cause.message());
  return put.error().cause.message();
}

/// These changes instead of those in force, and none of it when the kernel refuses.  `policy`: with them, or null.
Result<std::uint64_t> World::put_changes(load::ByHand next, std::shared_ptr<const policy::Snapshot> policy) {
  std::swap(by_hand_, next);
  if (judge_alike(by_hand_, next)) return 0;
  if (!policy) policy = compile(loaded_, next_id_++);
  policies_.put(policy);
  if (const auto done = judge_by(std::move(policy)); !done) {
    policies_.take_back();
    by_hand_ = std::move(next);
    return std::unexpected(done.error());
  }
  return reset_refused();
}

/// An operator waits for what comes of it.
void World::put_changes(load::ByHand next, const char* what, Changed& changed,
                        std::shared_ptr<const policy::Snapshot> policy) {
  const auto reset = put_changes(std::move(next), std::move(policy));
  if (!reset) {
    changed.failure = "the kernel refused the new policy: " + reset.error().cause.message();
    return;
  }
  changed.reset = *reset;
  changed.unkept = keep_changes();
  log_info(what + told(changed.change) + " reset=" + std::to_string(changed.reset));
}

/// What it overrides, and where locked rules hold on.  If they do wherever it was tried, it fails.
void World::examine(const config::Rule& rule, const policy::Snapshot& after, Changed& changed) const {
  const auto place_in = [](const policy::Snapshot& policy, int r) {
    config::Where where = policy.config().rules[static_cast<std::size_t>(r)].where;
    where.column = 0;
    return config::to_text(where);
  };
  const policy::Snapshot& before = *terms_.policy;
  const policy::Effect effect = policy::effect_of(rule, before, after, loaded_.lists);
  if (effect.overrides >= 0) {
    changed.overrides = before.rule_name(effect.overrides);
    changed.overrides_at = place_in(before, effect.overrides);
  }
  for (const auto& [name, lock] : effect.held)
    changed.held.push_back({.name = name, .rule = after.rule_name(lock), .at = place_in(after, lock)});
  if (effect.opens || effect.held.empty()) return;
  changed.failure = '"' + changed.held.front().rule + "\" (" + changed.held.front().at + ") is locked";
  changed.suggestion = "only the file can change it";
}

World::Changed World::change_by_hand(config::Change change) {
  Changed changed{.change = std::move(change)};
  config::Diagnostics diagnostics;
  changed.change.number = by_hand_.last + 1;
  const auto rule = config::rule_of(changed.change, *loaded_.config, diagnostics);
  if (!rule) {
    const config::Diagnostic first = std::move(diagnostics).take({}).front();
    changed.failure = first.message;
    changed.suggestion = first.suggestion;
    return changed;
  }
  changed.change.since = now_in_seconds();
  load::ByHand next = by_hand_;
  next.last = changed.change.number;
  next.changes.push_back(changed.change);
  const bool opens = changed.change.judges() && !refuses(changed.change.action);
  std::shared_ptr<const policy::Snapshot> policy;
  if (opens) {
    policy = compile(loaded_, next, next_id_++);
    examine(*rule, *policy, changed);
    if (!changed.failure.empty()) return changed;
  }
  put_changes(std::move(next), "by hand: ", changed, std::move(policy));
  if (changed.change.judges() && !opens) changed.unread = unread();
  return changed;
}

/// Passing connections of which nobody read the name, which would decide now.
std::uint64_t World::unread() const {
  std::uint64_t count = 0;
  for (const account::Record& record : books_->live({.limit = std::numeric_limits<std::size_t>::max()})) {
    if (record.depth != Depth::pass || !record.host.empty()) continue;
    count += !judge_passing(*terms_.policy, record.flow, record.depth, {}).decided;
  }
  return count;
}

World::Changed World::undo(unsigned number) {
  Changed changed{.change = {.number = number}};
  load::ByHand next = by_hand_;
  const auto found = std::ranges::find(next.changes, number, &config::Change::number);
  if (found == next.changes.end()) {
    changed.failure = "no change " + std::to_string(number) + " is in force";
    changed.suggestion = "proxyctl status shows those that are";
    return changed;
  }
  if (!found->list.empty()) return undo_exception(*found);
  changed.change = *found;
  next.changes.erase(found);
  put_changes(std::move(next), "undone: ", changed, {});
  if (changed.change.judges()) changed.unread = unread();
  return changed;
}

/// Changes whose time is over end by themselves.
void World::end_changes() {
  const std::int64_t now = now_in_seconds();
  const auto over = [&](const config::Change& change) { return change.over(now); };
  if (draining_ || std::ranges::none_of(by_hand_.changes, over) || std::chrono::steady_clock::now() < next_try_) return;
  load::ByHand next = by_hand_;
  const std::vector<config::Change> before = next.changes;
  std::erase_if(next.changes, over);
  const auto reset = put_changes(std::move(next), {});
  if (!reset) {
    next_try_ = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    return log_error("a change by hand cannot end: " + reset.error().cause.message());
  }
  keep_changes();
  for (const config::Change& change : before) {
    if (!over(change)) continue;
    log_info("ended: " + told(change) + " reset=" + std::to_string(*reset));
    ended_.push_back(change);
  }
}

/// What is excepted from a list has a number like any change, so that it is shown, and undone, with the others.
void World::note_exception(Changed& changed, bool again) {
  const auto same = [&](const config::Change& other) {
    return other.list == changed.change.list && other.host == changed.change.host;
  };
  const auto known = std::ranges::find_if(by_hand_.changes, same);
  if (known != by_hand_.changes.end()) {
    changed.change = *known;
    if (again) by_hand_.changes.erase(known);
  } else if (!again) {
    changed.change.number = ++by_hand_.last;
    changed.change.since = now_in_seconds();
    by_hand_.changes.push_back(changed.change);
  }
  changed.unkept = keep_changes();
  log_info((again ? "undone: " : "by hand: ") + told(changed.change));
}

World::Changed World::undo_exception(const config::Change& exception) {
  const std::string name = exception.host.front();
  if (find_list(exception.list)) return except_from_list(exception.list, name, true);
  // The list is gone from the file, but its page waits for it.
  Changed changed{.change = exception};
  const load::Keep keep(loaded_.config->control.state);
  load::Kept kept = keep.about(exception.list);
  std::erase(kept.except, name);
  if (const auto put = keep.put_about(exception.list, kept); !put) {
    changed.failure = "it is kept in control.state, which cannot be written: " + put.error().cause.message();
    return changed;
  }
  note_exception(changed, true);
  return changed;
}

/// The page of a list has the last word on what it does not hold: a list may come back with exceptions of long ago.
void World::number_exceptions() {
  load::ByHand next = by_hand_;
  for (const config::List& list : loaded_.config->lists) {
    const std::vector<std::string>& names = loaded_.kept[list.name].except;
    std::erase_if(next.changes, [&](const config::Change& change) {
      return change.list == list.name && std::ranges::find(names, change.host.front()) == names.end();
    });
    for (const std::string& name : names) {
      const auto same = [&](const auto& change) { return change.list == list.name && change.host.front() == name; };
      if (std::ranges::any_of(next.changes, same)) continue;
      next.changes.push_back({.number = ++next.last,
                              .action = Action::allow,
                              .list = list.name,
                              .host = {name},
                              .client = {},
                              .since = now_in_seconds()});
    }
  }
  const bool same = next.last == by_hand_.last && next.changes.size() == by_hand_.changes.size();
  by_hand_ = std::move(next);
  if (!same) keep_changes();
}

}  // namespace weir::run
