// Lists of names: where they stand, what an update would change, and the operator's word on it.
#include "base/units.h"
#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

namespace {

using control::ListLine;

std::string joined(const std::vector<std::string>& words, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < words.size() && i < most; ++i) text += (i > 0 ? ", " : "") + printable(words[i]);
  return words.size() > most ? text + ", ..." : text;
}

bool is_fetched(const ListLine& list) { return list.source.starts_with("http"); }

std::string state_of(const ListLine& list) {
  if (!list.held.empty()) return "update held";
  if (is_fetched(list) && list.updated == 0) return "not fetched yet";
  return list.failure.empty() ? "ok" : "stale";
}

/// What somebody should know of one list, beside its line.
void details(const ListLine& list, std::int64_t now, Page& page) {
  const std::string name = printable(list.name);
  if (!list.held.empty()) {
    page.trouble(Mark::attention, name, "update of " + clock_text(list.held_at, now) + " held: " + printable(list.held),
                 "proxyctl diff " + name);
  }
  if (!list.failure.empty()) {
    page.trouble(Mark::attention, name,
                 "not updated at " + clock_text(list.failed_at, now) + ": " + printable(list.failure), "");
  }
  if (list.unreadable > 0) {
    page.row(name, plural(list.unreadable, "line", "lines") + " not understood, as " + printable(list.format));
  }
  if (list.other > 0) page.row(name, plural(list.other, "rule", "rules") + " not about names are left out");
  if (list.bare > 0) {
    page.row(name, "bare names mean themselves alone; match = \"tree\": also what is below them");
  }
  if (!list.except.empty()) page.row(name, "excepted by hand: " + joined(list.except, 5));
}

}  // namespace

std::string lists_text(const control::Lists& all, const Look& look) {
  Page page(look);
  std::uint64_t names = 0, troubled = 0;
  Table table({{"list"},
               {"names", Table::Align::right},
               {"updated"},
               {"format", Table::Align::left, 12},
               {"rules", Table::Align::left, 12},
               {"state"}});
  for (const ListLine& list : all.lists) {
    const bool well = list.held.empty() && list.failure.empty();
    names += list.names;
    troubled += !well;
    table.add({printable(list.name), count_text(list.names), list.updated == 0 ? "" : clock_text(list.updated, all.now),
               printable(list.format), joined(list.rules, 3), state_of(list)},
              well ? Mark::none : Mark::attention);
  }
  if (all.lists.empty()) {
    page.headline(Mark::fine, "no lists");
    return page.text();
  }
  page.headline(troubled == 0 ? Mark::fine : Mark::attention,
                plural(all.lists.size(), "list", "lists") + ", " + plural(names, "name", "names") +
                    (troubled == 0 ? "" : "; " + count_text(troubled) + " not up to date"));
  table.print(page);
  for (const ListLine& list : all.lists) details(list, all.now, page);
  return page.text();
}

std::string diff_text(const control::ListDiff& diff, const Look& look) {
  Page page(look);
  const std::string list = printable(diff.list);
  page.headline(Mark::attention, list + ": +" + count_text(diff.added) + " -" + count_text(diff.removed) + " names");
  page.row("held", printable(diff.held));
  Table refused({{"would newly block"}, {"clients", Table::Align::right}});
  for (const control::InUse& name : diff.refused) {
    refused.add({printable(name.name), count_text(name.clients) + " of " + count_text(diff.clients)}, Mark::attention);
  }
  if (!refused.empty()) refused.print(page);
  for (const std::string& name : diff.first_added) page.line(Mark::none, "+ " + printable(name));
  if (diff.added > diff.first_added.size()) page.line(Mark::none, "+ ...");
  for (const std::string& name : diff.first_removed) page.line(Mark::none, "- " + printable(name));
  if (diff.removed > diff.first_removed.size()) page.line(Mark::none, "- ...");
  page.hint("proxyctl accept " + list);
  if (!diff.refused.empty()) page.hint("proxyctl except " + list + ' ' + printable(diff.refused.front().name));
  return page.text();
}

std::string list_changed_text(const control::ListChanged& change, const std::string& said, const Look& look) {
  Page page(look);
  const std::string list = printable(change.list);
  if (!change.done) {
    page.headline(Mark::act, "refused: " + printable(change.failure));
    return page.text();
  }
  page.headline(Mark::fine, list + ": " + said, plural(change.names, "name", "names") + " in force");
  if (change.change != 0) {
    const std::string number = std::to_string(change.change);
    page.trouble(Mark::none, "change " + number,
                 change.unkept.empty() ? "kept over reloads and restarts"
                                       : "control.state cannot be written: a restart may forget it",
                 "proxyctl undo " + number);
  }
  if (!change.held.empty()) {
    page.trouble(Mark::attention, "still held", printable(change.held), "proxyctl diff " + list);
  }
  return page.text();
}

int lists(const Arguments& arguments, const Look& look) {
  return show<control::Lists>(arguments, look, {.path = "/v1/lists"},
                              [&](const control::Lists& all) { return lists_text(all, look); });
}

int diff(const Arguments& arguments, const Look& look) {
  if (arguments.list.empty()) return config_diff(arguments, look);
  return show<control::ListDiff>(arguments, look, {.path = "/v1/lists/diff", .query = {{"list", arguments.list}}},
                                 [&](const control::ListDiff& d) { return diff_text(d, look); });
}

int accept(const Arguments& arguments, const Look& look) {
  const Question question{.method = "POST", .path = "/v1/lists/accept", .query = {{"list", arguments.list}}};
  return show<control::ListChanged>(arguments, look, question, [&](const control::ListChanged& change) {
    return list_changed_text(change, "the update is taken", look);
  });
}

int except(const Arguments& arguments, const Look& look) {
  const Question question{
      .method = "POST",
      .path = "/v1/lists/except",
      .query = {{"list", arguments.list}, {"name", arguments.name}, {"again", arguments.again ? "1" : ""}}};
  const std::string said = printable(arguments.name) + (arguments.again ? " is excepted no longer" : " is excepted");
  return show<control::ListChanged>(arguments, look, question, [&](const control::ListChanged& change) {
    return list_changed_text(change, said, look);
  });
}

}  // namespace weir::proxyctl
