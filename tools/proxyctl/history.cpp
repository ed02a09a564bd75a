// What happened to the gateway across its runs, the newest last, where the eye is.
#include "base/units.h"
#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

namespace {

using control::Event;

struct Kind {
  std::string_view what;
  std::string_view words;
  Mark mark;
};
constexpr Kind kinds[] = {
    {"started", "ready", Mark::none},
    {"stopped", "stopped", Mark::none},
    {"died", "stopped without goodbye", Mark::attention},
    {"reloaded", "reloaded", Mark::none},
    {"refused", "a reload was refused", Mark::attention},
    {"confirmed", "confirmed", Mark::none},
    {"went_back", "went back", Mark::attention},
    {"drain", "drained: new connections passed unjudged", Mark::attention},
    {"undrain", "judged new connections again", Mark::none},
    {"by_hand", "by hand", Mark::none},
    {"undone", "undone", Mark::none},
    {"ended", "ended by itself", Mark::none},
    {"restored", "changes by hand restored", Mark::none},
    {"silent", "no origin answered", Mark::attention},
    {"answers", "origins answered again", Mark::none},
    {"accepted", "held update taken", Mark::none},
};

/// "reloaded: config 7c1e4a, to be confirmed"
void line(const Event& event, Page& page) {
  std::string text = printable(event.what);
  Mark mark = Mark::none;
  for (const Kind& kind : kinds) {
    if (kind.what != event.what) continue;
    text = kind.words;
    mark = kind.mark;
  }
  std::string more = event.config.empty() ? "" : "config " + printable(event.config);
  if (event.change != 0) more = "change " + std::to_string(event.change);
  if (!event.text.empty()) more += (more.empty() ? "" : ", ") + printable(event.text);
  if (event.until != 0 && event.what == "by_hand") more += " until " + clock_text(event.until, event.ts);
  page.line(mark, cut(moment_text(event.ts) + "  " + text + (more.empty() ? "" : ": " + more), page.line_width() - 3));
}

}  // namespace

std::string history_text(const control::History& history, const Look& look) {
  Page page(look);
  if (history.events.empty()) page.headline(Mark::fine, "nothing happened");
  for (const Event& event : history.events) line(event, page);
  return page.text();
}

int history(const Arguments& arguments, const Look& look) {
  std::string since;
  if (!arguments.since.empty()) {
    const auto given = seconds_in(arguments.since);
    if (!given) return complain(look, "--since takes a duration, as 12h or 7d", "", control::exit_usage);
    since = std::to_string(*given);
  }
  return show<control::History>(arguments, look, {.path = "/v1/history", .query = {{"since", since}}},
                                [&](const control::History& h) { return history_text(h, look); });
}

}  // namespace weir::proxyctl
