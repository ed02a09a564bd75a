// The lists of the gateway that runs: what servers answered, what is held, and what the operator says to it.

#include <algorithm>
#include <chrono>
#include <functional>
#include <unordered_set>

#include "run/guard.h"
#include "run/log.h"
#include "run/world.h"

namespace weir::run {
namespace {

constexpr std::size_t names_shown = 20;

std::int64_t seconds(WallTime time) { return std::chrono::system_clock::to_time_t(time); }

/// The sets that "@NAME" means.
std::vector<const policy::NameList*> sets_of(const policy::NameLists& lists, const std::string& name) {
  std::vector<const policy::NameList*> sets;
  for (const auto& [reference, set] : lists) {
    if (reference.substr(0, reference.find('/')) == name) sets.push_back(set.get());
  }
  return sets;
}

/// Names with what they mean: ".x" = x and what is below, "!" = an exception.
std::string written(std::string_view name, policy::NameList::Kind kind) {
  return (policy::NameList::is_exception(kind) ? "!" : "") +
         std::string(policy::NameList::is_subtree(kind) ? "." : "") + std::string(name);
}

/// A name of a list in the memory of the list.
struct Entry {
  std::string_view name;
  policy::NameList::Kind kind;
  bool operator==(const Entry&) const = default;
  struct Hash {
    std::size_t operator()(const Entry& e) const {
      return std::hash<std::string_view>()(e.name) + static_cast<std::size_t>(e.kind);
    }
  };
};
using Entries = std::unordered_set<Entry, Entry::Hash>;

Entries entries_of(const std::vector<const policy::NameList*>& sets) {
  Entries entries;
  for (const policy::NameList* set : sets) {
    set->for_each([&](std::string_view name, policy::NameList::Kind kind) { entries.insert({name, kind}); });
  }
  return entries;
}

/// How many entries of `these` are not in `those`; the first few, in alphabetical order, into `first`.
std::uint64_t count_missing(const Entries& these, const Entries& those, std::vector<std::string>& first) {
  std::uint64_t count = 0;
  for (const Entry& entry : these) {
    if (those.contains(entry)) continue;
    ++count;
    const std::string text = written(entry.name, entry.kind);
    first.insert(std::ranges::lower_bound(first, text), text);
    if (first.size() > names_shown) first.pop_back();
  }
  return count;
}

}  // namespace

void World::tend_lists() {
  if (draining_) return;
  for (fetch::Fetched& fetched : lists_.answers()) consider(std::move(fetched));
  lists_.ask(loaded_, std::chrono::steady_clock::now());
}

const config::List* World::find_list(const std::string& name) const {
  const auto& all = loaded_.config->lists;
  const auto found = std::ranges::find(all, name, &config::List::name);
  return found == all.end() ? nullptr : &*found;
}

/// What is loaded now, with another content of one list.
load::Loaded World::with_content(const config::List& list, load::ListContent content) const {
  load::Loaded next = loaded_;
  std::erase_if(next.lists, [&](const auto& set) { return set.first.substr(0, set.first.find('/')) == list.name; });
  next.facts[list.name] = content;
  share(list.name, std::move(content), next.lists);
  return next;
}

std::string World::objection_to(const config::List& list, const load::Loaded& next,
                                const policy::Snapshot& policy) const {
  const Update update{loaded_.facts.at(list.name).names, next.facts.at(list.name).names, *terms_.policy, policy};
  return objection(update, books_->busy().names(many_clients), books_->busy().clients());
}

/// An answer of a server, to a question that may be of no interest any more.
void World::consider(fetch::Fetched fetched) {
  const config::List* list = find_list(fetched.name);
  if (!list || list->url != fetched.url) return;
  const auto now = std::chrono::system_clock::now();
  if (!fetched.failure.empty()) {
    lists_.failed(*list, std::move(fetched.failure), std::chrono::steady_clock::now(), now);
    log_warning("list=" + list->name + " not updated: " + lists_.state(list->name).failure);
    return;
  }
  load::Kept kept = loaded_.kept[list->name];
  if (kept.url != list->url) kept = {.url = list->url, .except = std::move(kept.except)};
  kept.checked = seconds(now);
  if (!fetched.changed) {
    lists_.went_well(*list, std::chrono::steady_clock::now());
    keep_page(list->name, kept);
    return;
  }
  kept.etag = fetched.etag;
  kept.last_modified = fetched.last_modified;
  consider_content(*list, std::move(fetched), std::move(kept));
}

void World::consider_content(const config::List& list, fetch::Fetched fetched, load::Kept kept) {
  const auto fail = [&](std::string why) {
    lists_.failed(list, std::move(why), std::chrono::steady_clock::now(), std::chrono::system_clock::now());
    log_warning("list=" + list.name + " not updated: " + lists_.state(list.name).failure);
  };
  load::ListContent content = load::read_list(fetched.body, list.match);
  if (!content.broken.empty()) return fail(content.broken);
  const bool first = kept.updated == 0;
  if (first && content.names == 0) return fail("it holds no name");

  const load::Keep keep(loaded_.config->control.state);
  const std::string name = list.name;  // the configuration may be replaced below
  const std::string why = take(list, std::move(content), kept, list.guarded() && !first);
  if (why.starts_with("!")) return fail(why.substr(1));
  lists_.went_well(*find_list(name), std::chrono::steady_clock::now());
  if (why.empty()) {
    kept.updated = kept.checked;
    kept.held.clear();
    kept.held_at = 0;
  } else {
    kept.held = why;
    kept.held_at = kept.checked;
    log_warning("list=" + name + " update held: " + why);
  }
  const auto put = why.empty() ? keep.put_copy(name, fetched.body) : keep.put_held(name, fetched.body);
  if (!put) {
    log_error("list=" + name + " cannot be kept in control.state: " + put.error().cause.message());
    kept.etag = kept.last_modified = {};  // what is not on disk must be fetched again
  }
  if (why.empty()) keep.drop_held(name);
  keep_page(name, kept);
}

/// Puts the content in force.  "" = it is; "!" and why not, when the kernel refused it; else the guard's objection.
std::string World::take(const config::List& list, load::ListContent content, load::Kept kept, bool guarded) {
  const std::string name = list.name;
  load::Loaded next = with_content(list, std::move(content));
  next.kept[name] = std::move(kept);
  auto policy = compile(next, next_id_++);
  if (guarded) {
    if (std::string why = objection_to(list, next, *policy); !why.empty()) return why;
  }
  const auto done = change(std::move(next), std::move(policy));
  if (!done) return "!the kernel refused the new policy: " + done.error().cause.message();
  const std::uint64_t reset = reset_refused();
  log_info("list=" + name + " names=" + std::to_string(loaded_.facts[name].names) + " reset=" + std::to_string(reset));
  return "";
}

void World::keep_page(const std::string& list, const load::Kept& kept) {
  loaded_.kept[list] = kept;
  const load::Keep keep(loaded_.config->control.state);
  if (const auto put = keep.put_about(list, kept); !put)
    log_error("list=" + list + " cannot be kept in control.state: " + put.error().cause.message());
}

/// What the new configuration does not guard any more.
void World::accept_unguarded() {
  for (const config::List& list : std::vector(loaded_.config->lists)) {
    if (list.guarded() || list.url.empty() || loaded_.kept[list.name].held.empty()) continue;
    if (const std::string why = accept_list(list.name); !why.empty()) log_warning("list=" + list.name + ": " + why);
  }
}

/// Files with a guard are held at a reload as updates are: their old content stays, the file is the update.
void World::guard_files(load::Loaded& next) {
  for (const config::List& list : std::vector(next.config->lists)) {  // a copy: `next` is replaced on the way
    const config::List* before = find_list(list.name);
    if (!list.guard.value_or(false) || list.file.empty() || !before || before->file != list.file) continue;
    load::Loaded without = next;
    std::erase_if(without.lists,
                  [&](const auto& set) { return set.first.substr(0, set.first.find('/')) == list.name; });
    for (const auto& [reference, set] : loaded_.lists) {
      if (reference.substr(0, reference.find('/')) == list.name) without.lists[reference] = set;
    }
    without.facts[list.name] = loaded_.facts.at(list.name);
    const auto old_policy = compile(without, 0);
    const auto new_policy = compile(next, 0);
    const Update update{without.facts[list.name].names, next.facts[list.name].names, *old_policy, *new_policy};
    const std::string why = objection(update, books_->busy().names(many_clients), books_->busy().clients());
    load::Kept& kept = without.kept[list.name];
    const bool was_held = !kept.held.empty();
    kept.held = why;
    kept.held_at = why.empty() ? 0 : seconds(std::chrono::system_clock::now());
    if (why.empty() && !was_held) continue;
    if (why.empty()) {
      next.kept[list.name] = kept;
    } else {
      log_warning("list=" + list.name + " update held: " + why);
      next = std::move(without);
    }
  }
}

std::expected<load::ListContent, std::string> World::held_content(const config::List& list) const {
  if (!loaded_.kept.contains(list.name) || loaded_.kept.at(list.name).held.empty())
    return std::unexpected("no update of " + list.name + " is held");
  if (!list.file.empty()) {
    config::Diagnostics diagnostics;
    load::ListContent content = load::read_list_file(list, diagnostics);
    if (diagnostics.failed()) return std::unexpected(list.file + " cannot be read");
    if (!content.broken.empty()) return std::unexpected(list.file + " cannot be used: " + content.broken);
    return content;
  }
  std::string text;
  const auto got = load::Keep(loaded_.config->control.state).held(list.name, text);
  if (!got) return std::unexpected("the held update cannot be read: " + got.error().cause.message());
  return load::read_list(text, list.match);
}

std::string World::accept_list(const std::string& name) {
  const config::List* list = find_list(name);
  if (!list) return "there is no list " + name;
  auto content = held_content(*list);
  if (!content) return content.error();
  const load::Keep keep(loaded_.config->control.state);
  const bool fetched = !list->url.empty();
  load::Kept kept = loaded_.kept[name];
  if (const std::string why = take(*list, std::move(*content), kept, false); !why.empty()) return why.substr(1);
  if (std::string text; fetched && keep.held(name, text)) {
    if (const auto put = keep.put_copy(name, text); !put)
      log_error("list=" + name + " cannot be kept in control.state: " + put.error().cause.message());
    kept.updated = kept.held_at;
    keep.drop_held(name);
  }
  kept.held.clear();
  kept.held_at = 0;
  keep_page(name, kept);
  return "";
}

World::Changed World::except_from_list(const std::string& list_name, const std::string& name, bool again) {
  Changed changed{.change = {.action = Action::allow, .list = list_name, .host = {name}, .client = {}}};
  const config::List* list = find_list(list_name);
  if (!list) {
    changed.failure = "there is no list " + list_name;
    return changed;
  }
  load::Kept kept = loaded_.kept[list_name];
  const auto known = std::ranges::find(kept.except, name);
  if (again != (known != kept.except.end())) {
    changed.failure =
        name + " is " + (again ? "not " : "") + "excepted from " + list_name + (again ? " by hand" : " already");
    return changed;
  }
  if (again) {
    kept.except.erase(known);
  } else {
    kept.except.push_back(name);
  }

  load::Loaded next = loaded_;
  for (config::List& other : next.config->lists) {
    if (other.name != list_name) continue;
    std::erase_if(other.except, [](const config::Match& match) { return match.where.line == 0; });  // by hand
    load::add_exceptions(kept, other);
  }
  next.kept[list_name] = kept;
  auto policy = compile(next, next_id_++);
  if (const auto done = change(std::move(next), std::move(policy)); !done) {
    changed.failure = "the kernel refused the new policy: " + done.error().cause.message();
    return changed;
  }
  changed.reset = reset_refused();
  keep_page(list_name, kept);
  note_exception(changed, again);
  if (!kept.held.empty() && !again) changed.failure = reconsider(list_name);
  return changed;
}

/// Without a name there may be nothing against the held update any more.
std::string World::reconsider(const std::string& name) {
  const config::List* list = find_list(name);
  auto content = held_content(*list);
  if (!content) return "";
  load::Kept kept = loaded_.kept[name];
  const load::Loaded tried = with_content(*list, *content);
  const auto judged = compile(tried, 0);
  kept.held = objection_to(*list, tried, *judged);
  if (kept.held.empty()) return accept_list(name);
  keep_page(name, kept);
  return "";
}

World::Difference World::difference(const std::string& name) {
  Difference difference;
  const config::List* list = find_list(name);
  auto content = list ? held_content(*list) : std::unexpected("there is no list " + name);
  if (!content) return {.failure = content.error(), .first_added = {}, .first_removed = {}, .refused = {}};
  const load::Loaded next = with_content(*list, std::move(*content));
  const Entries before = entries_of(sets_of(loaded_.lists, name)), after = entries_of(sets_of(next.lists, name));
  difference.added = count_missing(after, before, difference.first_added);
  difference.removed = count_missing(before, after, difference.first_removed);
  const auto policy = compile(next, 0);
  const Update update{loaded_.facts.at(name).names, next.facts.at(name).names, *terms_.policy, *policy};
  difference.refused = newly_refused(update, books_->busy().names(1));
  if (difference.refused.size() > names_shown) difference.refused.resize(names_shown);
  return difference;
}

}  // namespace weir::run
