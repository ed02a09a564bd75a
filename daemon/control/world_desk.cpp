#include "control/world_desk.h"

#include <sys/utsname.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "load/zone.h"
#include "run/log.h"

namespace weir::control {

namespace {

std::int64_t seconds(WallTime time) { return std::chrono::system_clock::to_time_t(time); }

std::string kernel_release() {
  utsname name{};
  return ::uname(&name) == 0 ? name.release : "";
}

}  // namespace

void Print::add(std::string_view text) {
  for (char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash_ = (hash_ ^ text.size()) * 0x100000001b3;  // moving a line to the next file is a change
}

std::string Print::text() const {
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06x", static_cast<unsigned>(hash_ >> 40));
  return digits;
}

std::optional<Print> print_of(const std::vector<std::string>& files) {
  Print print;
  for (const std::string& path : files) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::nullopt;
    print.add(std::string(std::istreambuf_iterator<char>(in), {}));
  }
  return print;
}

WorldDesk::WorldDesk(run::World& world, std::string version) : world_(world), version_(std::move(version)) {
  in_force_ = print_of(config().files);
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

policy::Moment WorldDesk::moment() { return load::moment_of(std::chrono::system_clock::now()); }

Status WorldDesk::situation() {
  const config::Gateway& gateway = config().gateway;
  Status s;
  s.version = version_;
  s.state = world_.draining() ? "draining" : "running";
  s.started = seconds(world_.started());
  s.workers = world_.workers();
  s.policy = {.config = in_force_ ? in_force_->text() : "",
              .file = world_.path(),
              .since = seconds(world_.in_force_since()),
              .names = names(),
              .differs = print_of(config().files) != in_force_,
              .refused = world_.refused(),
              .refused_at = world_.refused().empty() ? 0 : seconds(world_.refused_at()),
              .held = {},
              .stale = {}};
  s.times = times();
  for (const config::Change& change : world_.changes()) s.by_hand.push_back(line(change));
  const account::EventLog& events = run::events();
  s.events = {.path = events.where(), .lost = events.lost(), .error = events.error() ? events.error().message() : ""};
  for (const ListLine& list : lists().lists) {
    if (!list.held.empty()) s.policy.held.push_back(list.name);
    if (!list.failure.empty()) s.policy.stale.push_back(list.name);
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
          .action = std::string(word(change.action)),
          .host = change.host,
          .client = change.client,
          .since = change.since,
          .until = change.until,
          .idle = world_.idle(change)};
}

HandChanged WorldDesk::told(run::World::Changed changed) const {
  return {.done = changed.failure.empty(),
          .failure = std::move(changed.failure),
          .suggestion = std::move(changed.suggestion),
          .change = line(changed.change),
          .overrides = std::move(changed.overrides),
          .overrides_at = std::move(changed.overrides_at),
          .unkept = std::move(changed.unkept),
          .reset = changed.reset,
          .now = seconds(std::chrono::system_clock::now())};
}

HandChanged WorldDesk::change_by_hand(config::Change change) { return told(world_.change_by_hand(std::move(change))); }
HandChanged WorldDesk::undo(unsigned number) { return told(world_.undo(number)); }

Reloaded WorldDesk::reload() {
  auto outcome = world_.reload();
  // The files were read a moment ago; an edit in between shows as a difference at the next edit or reload only.
  if (outcome.done) in_force_ = print_of(config().files);
  // Also when the configuration was refused: after a rotation the old file must be let go.
  world_.books().log().reopen(run::access_settings(config().log));
  run::events().reopen(run::event_settings(config().log));
  Reloaded reloaded{.done = outcome.done,
                    .config = in_force_ ? in_force_->text() : "",
                    .file = world_.path(),
                    .rules = world_.loaded().config->rules.size(),
                    .names = names(),
                    .reset = outcome.reset,
                    .mistakes = {},
                    .waiting = std::move(outcome.waiting)};
  for (const config::Diagnostic& d : outcome.diagnostics) {
    if (d.severity == config::Severity::error) {
      reloaded.mistakes.push_back({config::to_text(d.where), d.message, d.suggestion});
    }
  }
  say(reloaded);
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

}  // namespace weir::control
