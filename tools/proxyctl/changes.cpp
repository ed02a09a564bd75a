// Changes by hand: block, allow, never, pause, and undo of any of them.
#include <algorithm>

#include "base/text.h"
#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

namespace {

using control::HandChange;

/// "a.example, .b.example"
std::string listed(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : ", ") + printable(one);
  return text;
}

std::string for_whom(const HandChange& change) {
  return change.client.empty() ? "for everyone" : "for " + matched(change.client, "everyone", listed);
}

std::string until_when(const HandChange& change, std::int64_t now) {
  return change.until == 0 ? "until it is undone" : "until " + clock_text(change.until, now);
}

std::string joined_by_comma(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : ",") + one;
  return text;
}

int change(const Arguments& arguments, const Look& look, std::string_view action) {
  Question question{.method = "POST", .path = "/v1/changes", .query = {{"action", std::string(action)}}};
  question.query.emplace_back("host", joined_by_comma(arguments.hosts));
  question.query.emplace_back("client", joined_by_comma(arguments.clients));
  if (!arguments.time.empty()) {
    const auto time = seconds_in(arguments.time);
    if (!time) {
      return complain(look, "--for takes a duration as 90s, 30m, 12h or 7d, not \"" + printable(arguments.time) + '"',
                      "", control::exit_usage);
    }
    question.query.emplace_back("for", std::to_string(*time));
  }
  return show<control::HandChanged>(arguments, look, question,
                                    [&](const control::HandChanged& c) { return hand_changed_text(c, look); });
}

/// Locked rules, where something is opened.
void still_refused(const control::HandChanged& c, Page& page) {
  constexpr std::size_t shown = 3;
  for (std::size_t n = 0; n < std::min(c.held.size(), shown); ++n) {
    const control::StillRefused& held = c.held[n];
    const std::string name = held.name.empty() ? "connections that name no host" : printable(held.name);
    page.row("still blocked", name + ": \"" + printable(held.rule) + "\" is locked, " + printable(held.at));
  }
  if (c.held.size() > shown) page.row("still blocked", "and " + count_text(c.held.size() - shown) + " more");
}

void go_on(const control::HandChanged& c, Page& page) {
  if (c.unread == 0) return;
  page.row("go on", plural(c.unread, "connection", "connections") +
                        " whose name nobody had to read: of these it is not known whether they are meant");
}

}  // namespace

std::string hand_change_text(const HandChange& change, std::int64_t now, bool observe) {
  if (change.action == "except") {
    return listed(change.host) + " is excepted from " + printable(change.list) + ", " + until_when(change, now);
  }
  const std::string what = matched(change.host, "everything", listed);
  const std::string rest = ' ' + for_whom(change) + ", " + until_when(change, now);
  const auto wanted = std::ranges::count_if(change.host, [](const std::string& h) { return !h.starts_with('!'); });
  const std::string are = wanted > 1 ? " are " : " is ";
  if (change.action == "never") {
    return what + are + "not opened" + (change.client.empty() ? " for anyone, " : ' ' + for_whom(change) + ", ") +
           until_when(change, now);
  }
  if (change.action == "pass") return "paused" + rest + (what.empty() ? "" : ": " + what);
  return what + (observe ? " would be " : are) + (change.action == "allow" ? "open" : "blocked") + rest;
}

std::string hand_changed_text(const control::HandChanged& c, const Look& look) {
  Page page(look);
  if (!c.done) {
    page.headline(Mark::act,
                  "refused: " + printable(c.failure) + (c.suggestion.empty() ? "" : "; " + printable(c.suggestion)));
    return page.text();
  }
  const bool judges = c.change.action == "block" || c.change.action == "allow";
  const bool well = c.unkept.empty() && c.nobody.empty() && !(c.observe && judges);
  page.headline(well ? Mark::fine : Mark::attention, hand_change_text(c.change, c.now, c.observe));
  if (c.observe && judges) {
    page.trouble(Mark::attention, "observing", "Weir changes and refuses nothing: this is only counted",
                 "proxyctl policy shadow");
  }
  if (!c.nobody.empty()) {
    page.trouble(Mark::attention, "nobody", "no lease and no hosts file knows " + listed(c.nobody) + " now",
                 "proxyctl clients");
  }
  if (!c.overrides.empty()) page.row("overrides", '"' + printable(c.overrides) + "\", " + printable(c.overrides_at));
  still_refused(c, page);
  if (c.change.action == "never") page.row("rules", "by name hold as before; Weir opens no TLS, of this or any name");
  if (c.reset > 0) page.row("ended", plural(c.reset, "connection", "connections") + " that it refuses");
  go_on(c, page);
  page.trouble(Mark::none, "change " + std::to_string(c.change.number),
               c.unkept.empty() ? "kept over reloads and restarts" : "kept until Weir stops",
               "proxyctl undo " + std::to_string(c.change.number));
  if (!c.unkept.empty()) {
    page.trouble(Mark::attention, "not kept", "control.state cannot be written: " + printable(c.unkept), "");
  }
  return page.text();
}

std::string undone_text(const control::HandChanged& c, const Look& look) {
  Page page(look);
  if (!c.done) {
    page.headline(Mark::act,
                  "refused: " + printable(c.failure) + (c.suggestion.empty() ? "" : "; " + printable(c.suggestion)));
    return page.text();
  }
  std::string now = ": the file decides again";
  if (c.change.action == "except") now = ": the list decides again";
  if (c.change.action == "never") now.clear();
  page.headline(Mark::fine, "change " + std::to_string(c.change.number) + " is undone" + now);
  page.row("it was", hand_change_text(c.change, c.now));
  if (c.reset > 0) page.row("ended", plural(c.reset, "connection", "connections") + " that the file refuses");
  go_on(c, page);
  if (!c.unkept.empty()) {
    page.trouble(Mark::attention, "not kept",
                 "control.state cannot be written: " + printable(c.unkept) + "; a restart brings it back", "");
  }
  return page.text();
}

int block(const Arguments& arguments, const Look& look) { return change(arguments, look, "block"); }
int allow(const Arguments& arguments, const Look& look) { return change(arguments, look, "allow"); }
int never(const Arguments& arguments, const Look& look) { return change(arguments, look, "never"); }
int pause(const Arguments& arguments, const Look& look) { return change(arguments, look, "pass"); }

int undo(const Arguments& arguments, const Look& look) {
  const Question question{
      .method = "POST", .path = "/v1/changes/undo", .query = {{"number", std::to_string(arguments.number)}}};
  return show<control::HandChanged>(arguments, look, question,
                                    [&](const control::HandChanged& c) { return undone_text(c, look); });
}

}  // namespace weir::proxyctl
