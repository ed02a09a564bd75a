#include "control/world_desk.h"

#include <sys/utsname.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <utility>

#include "base/units.h"
#include "control/answers.h"
#include "control/compare.h"
#include "control/manager.h"
#include "control/outage.h"
#include "load/zone.h"
#include "run/log.h"

namespace weir::control {

namespace {

std::int64_t seconds(WallTime time) { return std::chrono::system_clock::to_time_t(time); }

std::string boot() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id") >> std::ws, id);
  return id;
}

std::string kernel_release() {
  utsname name{};
  return ::uname(&name) == 0 ? name.release : "";
}

/// In this network namespace.
Conntrack conntrack() {
  Conntrack table;
  std::ifstream("/proc/sys/net/netfilter/nf_conntrack_count") >> table.used;
  std::ifstream("/proc/sys/net/netfilter/nf_conntrack_max") >> table.most;
  return table;
}

Mistake mistake(const config::Diagnostic& d) { return {config::to_text(d.where), d.message, d.suggestion}; }

}  // namespace

WorldDesk::WorldDesk(run::World& world, std::string version)
    : world_(world),
      version_(std::move(version)),
      editions_(world),
      chronicle_(config().control.state),
      slowness_(config().control.state, seconds(std::chrono::system_clock::now())) {
  if (!slowness_.trouble().empty()) run::log_warning(slowness_.trouble());
  const auto on_disk = load::now_on_disk(world_.loaded().texts);
  const bool passed_over = on_disk && editions_.passes_over(*on_disk);
  const std::uint64_t held = names();
  chronicle_.begin({.ts = seconds(std::chrono::system_clock::now()),
                    .what = "started",
                    .text = passed_over ? "the file on disk was passed over: it is not confirmed"
                            : held > 0  ? plural(held, "name", "names")
                                        : "",
                    .config = print()},
                   boot());
  look_at_changes();
  auto kept = world_.changes();
  std::ranges::reverse(kept);
  if (!kept.empty()) note("restored", numbers_of(kept));
}

/// Six of the digits, for people.
std::string WorldDesk::print() const { return editions_.running().substr(0, 6); }

std::string WorldDesk::state() const {
  if (world_.stopping()) return "stopping";
  if (!world_.draining()) return "running";
  return world_.drained() ? "drained" : "draining";
}

std::uint64_t WorldDesk::names() const {
  std::uint64_t sum = 0;
  for (const auto& [name, facts] : world_.loaded().facts) sum += facts.names;
  return sum;
}

Times WorldDesk::times() const {
  Times times{.clock_set = load::moment_of(std::chrono::system_clock::now()).has_value()};
  for (std::size_t r = 0; r < config().rules.size(); ++r) {
    if (config().rules[r].time.empty()) continue;
    ++times.rules;
    times.in_force += world_.policy().in_force(r);
  }
  if (const auto next = world_.next_change()) {
    times.next = next->time_since_epoch().count();
    times.next_wall = wall_text(load::wall_at(*next));
  }
  return times;
}

Slow WorldDesk::slow() {
  Slow slow = slowness_.compare(world_.books().timings(), seconds(std::chrono::system_clock::now()));
  slow.outage = outage_of(world_.books().reach());
  if (slow.outage.total) slow.verdict = "outage";
  return slow;
}

double WorldDesk::inside_ms() const {
  const Slow slow = slowness_.compare(world_.books().timings(), seconds(std::chrono::system_clock::now()));
  for (const SlowStage& stage : slow.stages) {
    if (stage.stage == "inside" && stage.spans.front().count >= account::enough) return stage.spans.front().now_ms;
  }
  return 0;
}

void WorldDesk::look_at_reach() {
  using Silence = account::Reach::Silence;
  const account::Reach& reach = world_.books().reach();
  const Monotonic now = std::chrono::steady_clock::now();
  const std::optional<Silence> before = std::exchange(silence_, reach.silence(now));
  bool begins = false;
  for (const bool v4 : {true, false}) {
    bool Silence::*const family = v4 ? &Silence::v4 : &Silence::v6;
    const bool was = before && *before.*family, is = silence_ && *silence_.*family;
    Monotonic& seen = silent_seen_[v4 ? 0 : 1];
    if (is && !was) {
      begins = true;
      seen = now;
    }
    if (!was || is || reach.last_answer(v4) <= seen) continue;  // the last: nobody asks any more
    const std::string word = v4 ? "IPv4" : "IPv6";
    note("answers", word + ", after " + duration_text(std::chrono::floor<std::chrono::seconds>(now - before->since)));
    run::log_info("origins answer again over " + word);
  }
  if (!begins) return;
  const std::string text = control::told(outage_of(reach));
  note("silent", text);
  run::log_warning("no origin answers: " + text);
}

void WorldDesk::look_at_times() {
  slowness_.look([this] { return world_.books().timings(); }, seconds(std::chrono::system_clock::now()));
}

policy::Moment WorldDesk::moment() { return load::moment_of(std::chrono::system_clock::now()); }

Status WorldDesk::situation() {
  const config::Gateway& gateway = config().gateway;
  Status s;
  s.version = version_;
  s.state = state();
  const auto on_disk = load::now_on_disk(world_.loaded().texts);
  s.started = seconds(world_.started());
  s.workers = world_.workers();
  s.policy = {.config = print(),
              .file = world_.path(),
              .since = seconds(world_.in_force_since()),
              .rules = world_.loaded().config->rules.size(),
              .names = names(),
              .differs = !on_disk || load::print_of(*on_disk) != editions_.running(),
              .refused = world_.refused(),
              .refused_at = world_.refused().empty() ? 0 : seconds(world_.refused_at()),
              .confirm_until = editions_.until(),
              .passed_over = on_disk && editions_.passes_over(*on_disk),
              .held = {},
              .stale = {},
              .empty = {},
              .unknown_devices = {}};
  s.times = times();
  s.inside_ms = inside_ms();
  s.conntrack = conntrack();
  if (const std::uint64_t all = sum(unjudged_of(wire())); all > std::exchange(unjudged_, all))
    unjudged_at_ = seconds(std::chrono::system_clock::now());
  s.unjudged.last = unjudged_at_;
  s.limited.full = full_clients();
  s.memory = {.used = world_.memory(), .ceiling = world_.most_memory(), .reached = world_.out_of_memory()};
  for (const config::Change& change : world_.changes()) s.by_hand.push_back(line(change));
  const account::EventLog& events = run::events();
  s.events = {.path = events.where(), .lost = events.lost(), .error = events.error() ? events.error().message() : ""};
  for (const ListLine& list : lists().lists) {
    if (!list.held.empty()) s.policy.held.push_back(list.name);
    if (!list.failure.empty()) s.policy.stale.push_back(list.name);
    if (!list.failure.empty() && list.updated == 0) s.policy.empty.push_back(list.name);
  }
  for (const auto& [name, trouble] : name_troubles()) {
    if (!policy().devices()->contains(name)) s.policy.unknown_devices.push_back(name);
  }
  bool takeover = world_.kernel().takeover();
  s.tier = {
      .kernel = kernel_release(),
      .attach = world_.kernel().tcx() ? "tcx" : "clsact",
      .takeover = takeover,
      .fallback = takeover ? "" : "this kernel cannot hand over a live connection (6.9 can): TLS is steered at its SYN",
      .floor = gateway.floor == config::Floor::splice ? "splice" : "pass",
      .on_failure = std::string(word(policy::failure(config())))};
  for (const config::Group& group : config().groups) {
    const bool differs = group.on_failure && !gateway.observe && *group.on_failure != gateway.on_failure;
    if (differs) s.tier.differing.push_back(group.name);
  }
  return s;
}

ListLine WorldDesk::line(const config::List& list) {
  const load::Loaded& loaded = world_.loaded();
  const load::ListFacts& facts = loaded.facts.at(list.name);
  const load::Kept kept = loaded.kept.contains(list.name) ? loaded.kept.at(list.name) : load::Kept();
  ListLine line{.name = list.name, .source = list.url.empty() ? list.file : list.url};
  line.format = text(facts.format);
  line.names = facts.names;
  line.unreadable = facts.unreadable;
  line.other = facts.other;
  line.bare = facts.bare;
  const std::string below = list.name + '/';
  for (const auto& [name, set] : loaded.lists) {
    if (name.starts_with(below)) line.categories.push_back(name.substr(below.size()));
  }
  for (std::size_t r = 0; r < config().rules.size(); ++r) {
    const auto uses = [&](const config::Match& match) {
      return match.kind == config::Match::Kind::reference && (match.text == list.name || match.text.starts_with(below));
    };
    if (std::ranges::any_of(config().rules[r].host, uses))
      line.rules.push_back(policy().rule_name(static_cast<int>(r)));
  }
  line.except = kept.except;
  line.held = kept.held;
  line.held_at = kept.held_at;
  if (list.url.empty()) return line;
  const auto& attempts = world_.attempts(list.name);
  line.updated = kept.url == list.url ? kept.updated : 0;
  line.checked = kept.url == list.url ? kept.checked : 0;
  line.failure = attempts.failure;
  line.failed_at = attempts.failure.empty() ? 0 : seconds(attempts.failed_at);
  return line;
}

Lists WorldDesk::lists() {
  Lists all;
  for (const config::List& list : config().lists) all.lists.push_back(line(list));
  return all;
}

ListChanged WorldDesk::accept(const std::string& list) {
  ListChanged told = changed(list, world_.accept_list(list));
  if (told.done) note("accepted", list + ", " + plural(told.names, "name", "names"));
  return told;
}

ListChanged WorldDesk::except(const std::string& list, const std::string& name, bool again) {
  run::World::Changed done = world_.except_from_list(list, name, again);
  if (done.change.number != 0) note(again ? "undone" : "by_hand", done.change);
  ListChanged told = changed(list, std::move(done.failure));
  told.change = again ? 0 : done.change.number;
  told.unkept = std::move(done.unkept);
  return told;
}

std::expected<ListDiff, std::string> WorldDesk::difference(const std::string& list) {
  auto found = world_.difference(list);
  if (!found.failure.empty()) return std::unexpected(std::move(found.failure));
  ListDiff diff{.list = list,
                .held = world_.loaded().kept.at(list).held,
                .added = found.added,
                .removed = found.removed,
                .first_added = std::move(found.first_added),
                .first_removed = std::move(found.first_removed),
                .refused = {},
                .clients = world_.books().busy().clients()};
  for (const account::BusyName& busy : found.refused) diff.refused.push_back({busy.name, busy.clients});
  return diff;
}

ListChanged WorldDesk::changed(const std::string& list, std::string failure) const {
  ListChanged changed{.done = failure.empty(), .list = list, .failure = std::move(failure)};
  const load::Loaded& loaded = world_.loaded();
  if (const auto facts = loaded.facts.find(list); facts != loaded.facts.end()) changed.names = facts->second.names;
  if (const auto kept = loaded.kept.find(list); kept != loaded.kept.end()) changed.held = kept->second.held;
  return changed;
}

HandChange WorldDesk::line(const config::Change& change) const {
  return {.number = change.number,
          .action = std::string(word(change)),
          .host = change.host,
          .client = change.client,
          .list = change.list,
          .since = change.since,
          .until = change.until,
          .idle = world_.idle(change)};
}

HandChanged WorldDesk::told(run::World::Changed changed) const {
  std::vector<StillRefused> held;
  for (auto& [name, rule, at] : changed.held) held.push_back({std::move(name), std::move(rule), std::move(at)});
  return {.done = changed.failure.empty(),
          .failure = std::move(changed.failure),
          .suggestion = std::move(changed.suggestion),
          .change = line(changed.change),
          .overrides = std::move(changed.overrides),
          .overrides_at = std::move(changed.overrides_at),
          .unkept = std::move(changed.unkept),
          .reset = changed.reset,
          .held = std::move(held),
          .unread = changed.unread,
          .now = seconds(std::chrono::system_clock::now()),
          .observe = false,
          .nobody = {}};
}

/// Names that the change speaks of and no device bears.
std::vector<std::string> WorldDesk::nobody(const config::Change& change) const {
  std::vector<std::string> names;
  config::Diagnostics ignored;
  const auto rule = config::rule_of(change, *world_.loaded().config, ignored);
  if (!rule) return names;
  for (const config::Match& match : rule->client) {
    const bool known = world_.loaded().directory->devices()->contains(match.text);
    if (match.kind == config::Match::Kind::device && !known) names.push_back(match.text);
  }
  return names;
}

HandChanged WorldDesk::change_by_hand(config::Change change) {
  run::World::Changed changed = world_.change_by_hand(std::move(change));
  if (!changed.failure.empty()) return told(std::move(changed));
  note("by_hand", changed.change);
  std::vector<std::string> unknown = nobody(changed.change);
  HandChanged now = told(std::move(changed));
  now.observe = config().gateway.observe;
  now.nobody = std::move(unknown);
  return now;
}

HandChanged WorldDesk::undo(unsigned number) {
  run::World::Changed changed = world_.undo(number);
  if (changed.failure.empty()) note("undone", changed.change);
  return told(std::move(changed));
}

Reloaded WorldDesk::reloaded(run::World::Reload outcome) const {
  const auto on_disk = load::now_on_disk(world_.loaded().texts);
  Reloaded reloaded{.done = outcome.done,
                    .config = print(),
                    .file = world_.path(),
                    .rules = world_.loaded().config->rules.size(),
                    .names = names(),
                    .reset = outcome.reset,
                    .mistakes = {},
                    .waiting = std::move(outcome.waiting),
                    .confirm_until = editions_.until(),
                    .differs = !on_disk || load::print_of(*on_disk) != editions_.running()};
  for (const config::Diagnostic& d : outcome.diagnostics) {
    if (d.severity == config::Severity::error) reloaded.mistakes.push_back(mistake(d));
  }
  return reloaded;
}

void WorldDesk::say(const Reloaded& reloaded) const {
  if (!reloaded.done) {
    for (const Mistake& mistake : reloaded.mistakes)
      run::log_warning("reload refused: " + mistake.where + ": " + mistake.text);
    return;
  }
  run::log_info("reloaded config=" + reloaded.config + " rules=" + std::to_string(reloaded.rules) +
                " reset=" + std::to_string(reloaded.reset) + (config().gateway.observe ? " observing" : ""));
}

void WorldDesk::note(std::string what, std::string text, std::string config) {
  chronicle_.add({.ts = seconds(std::chrono::system_clock::now()),
                  .what = std::move(what),
                  .text = std::move(text),
                  .config = std::move(config)});
}

void WorldDesk::note(const char* what, const Reloaded& reloaded) {
  if (reloaded.done) return note(what, reloaded.confirm_until == 0 ? "" : "to be confirmed", reloaded.config);
  const Mistake first = reloaded.mistakes.empty() ? Mistake() : reloaded.mistakes.front();
  note("refused", first.where + ": " + first.text);
}

void WorldDesk::note(const char* what, const config::Change& change) {
  chronicle_.add({.ts = seconds(std::chrono::system_clock::now()),
                  .what = what,
                  .text = control::told(change),
                  .config = {},
                  .change = change.number,
                  .until = change.until});
}

void WorldDesk::look_at_changes() {
  for (const config::Change& change : world_.take_ended()) note("ended", change);
}

Reloaded WorldDesk::reload(std::optional<std::chrono::seconds> window) {
  say_reloading();
  const Reloaded outcome = reloaded(editions_.reload(window));
  // Also when the configuration was refused: after a rotation the old file must be let go.
  world_.books().log().reopen(run::access_settings(config().log));
  run::events().reopen(run::event_settings(config().log));
  say(outcome);
  note("reloaded", outcome);
  say_ready();
  return outcome;
}

std::expected<Reloaded, std::string> WorldDesk::confirm() {
  if (auto done = editions_.confirm(); !done) return std::unexpected(done.error());
  note("confirmed", "", print());
  return reloaded({.done = true, .diagnostics = {}, .waiting = {}});
}

std::expected<Reloaded, std::string> WorldDesk::roll_back() {
  say_reloading();
  auto outcome = editions_.roll_back();
  say_ready();
  if (!outcome) return std::unexpected(outcome.error());
  Reloaded told = reloaded(std::move(*outcome));
  say(told);
  note("went_back", told);
  return told;
}

void WorldDesk::look_at_window() {
  auto outcome = editions_.look_at_window();
  if (!outcome) return;
  const Reloaded told = reloaded(std::move(*outcome));
  if (told.done) {
    note("went_back", "it was not confirmed in time", told.config);
    run::log_warning("went back to config=" + told.config + ": what ran was not confirmed in time");
    return;
  }
  note("went_back", told);
  const std::string why = told.mistakes.empty() ? "" : told.mistakes.front().where + ": " + told.mistakes.front().text;
  run::log_error("cannot go back to the confirmed configuration: " + why);
}

std::expected<Drain, std::string> WorldDesk::drain(bool undo) {
  if (world_.stopping()) return std::unexpected("Weir is stopping");
  if (undo && !world_.draining()) return std::unexpected("new connections are judged: nothing to undo");
  if (undo == world_.draining()) {
    if (undo) {
      world_.come_back();
    } else {
      world_.stand_aside();
    }
    note(undo ? "undrain" : "drain");
    run::log_info(undo ? "drain undone: new connections are judged again" : "drain: new connections pass unjudged");
  }
  return Drain{.state = state(), .held = world_.held()};
}

ConfigDiff WorldDesk::config_difference() {
  const load::Texts& running = world_.loaded().texts;
  load::Read disk = load::read_config(world_.path());
  ConfigDiff diff{.config = print(),
                  .disk = load::print_of(disk.texts).substr(0, 6),
                  .file = world_.path(),
                  .files = {},
                  .mistakes = {},
                  .confirm_until = editions_.until()};
  for (const config::Diagnostic& d : disk.parsed.diagnostics) {
    if (d.severity == config::Severity::error) diff.mistakes.push_back(mistake(d));
  }
  const auto text_in = [](const load::Texts& texts, const std::string& path) {
    const auto found = std::ranges::find(texts, path, &load::Text::path);
    return found == texts.end() ? std::string() : found->text;
  };
  const auto add = [&](const std::string& path) {
    const bool known = std::ranges::any_of(diff.files, [&](const FileChange& file) { return file.file == path; });
    const std::string before = text_in(running, path), after = text_in(disk.texts, path);
    if (known || before == after) return;
    diff.files.push_back(compare(before, after));
    diff.files.back().file = path;
  };
  for (const load::Text& one : running) add(one.path);
  for (const load::Text& one : disk.texts) add(one.path);
  return diff;
}

void WorldDesk::stopped() { note("stopped"); }

std::string WorldDesk::state_line() const {
  std::string line = state();
  if (line == "running" && config().gateway.observe) line = "observing";
  if (world_.draining()) line += ", " + plural(world_.held(), "connection", "connections") + " held";
  line += ", config " + print() + ", " + plural(config().rules.size(), "rule", "rules");
  if (editions_.until() != 0) line += ", to be confirmed";
  if (!world_.refused().empty()) line += "; the last reload was refused";
  return line;
}

}  // namespace weir::control
