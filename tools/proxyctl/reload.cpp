// The configuration in force: changed, confirmed, taken back, and held against the file.
#include <ctime>

#include "base/units.h"
#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

std::string reload_text(const control::Reloaded& r, std::int64_t now, const Look& look) {
  Page page(look);
  if (r.done) {
    const bool waits = r.confirm_until != 0;
    page.headline(waits ? Mark::attention : Mark::fine, "config " + printable(r.config) + " is in force",
                  plural(r.rules, "rule", "rules") + (r.names == 0 ? "" : ", " + plural(r.names, "name", "names")));
    if (r.reset > 0) {
      page.row("reset", plural(r.reset, "passing connection", "passing connections") + " that the new rules refuse");
    }
    for (const std::string& key : r.waiting) {
      page.trouble(Mark::attention, "not yet", printable(key) + " changes at the next start", "");
    }
    if (waits) {
      page.trouble(Mark::attention, "not confirmed",
                   "goes back by itself at " + clock_text(r.confirm_until, now) + " unless confirmed",
                   "proxyctl confirm");
    }
    if (r.differs) page.trouble(Mark::attention, "file", printable(r.file) + " differs from it", "proxyctl diff");
    return page.text();
  }
  page.headline(Mark::act, "refused: " + plural(r.mistakes.size(), "mistake", "mistakes") + "; config " +
                               printable(r.config) + " stays in force");
  for (const control::Mistake& m : r.mistakes) {
    // As a compiler says it, so that editors can jump there.
    page.line(Mark::none, printable(m.where) + ": " + printable(m.text));
    if (!m.suggestion.empty()) page.hint(printable(m.suggestion), 4);
  }
  if (!r.file.empty()) page.hint("weir --check --config " + printable(r.file));
  return page.text();
}

std::string config_diff_text(const control::ConfigDiff& diff, const Look& look) {
  Page page(look);
  if (diff.files.empty()) {
    page.headline(Mark::fine,
                  "config " + printable(diff.config) + " runs, and is what " + printable(diff.file) + " holds");
    return page.text();
  }
  page.headline(Mark::attention, "config " + printable(diff.config) + " runs; on disk: " + printable(diff.disk));
  for (const control::FileChange& file : diff.files) {
    page.row(printable(file.file), "+" + count_text(file.added) + " -" + count_text(file.removed) + " lines");
    for (const std::string& line : file.lines) page.line(Mark::none, printable(line));
    if (file.added + file.removed > file.lines.size()) page.line(Mark::none, "...");
  }
  for (const control::Mistake& m : diff.mistakes) {
    page.line(Mark::act, printable(m.where) + ": " + printable(m.text));
    if (!m.suggestion.empty()) page.hint(printable(m.suggestion), 4);
  }
  if (diff.mistakes.empty())
    page.hint("proxyctl reload --confirm 10m");
  else
    page.hint("weir --check --config " + printable(diff.file));
  return page.text();
}

namespace {

constexpr std::int64_t longest_window = 7 * 24 * 3600;

int change(const Arguments& arguments, const Look& look, const Question& question) {
  return show<control::Reloaded>(arguments, look, question,
                                 [&](const control::Reloaded& r) { return reload_text(r, std::time(nullptr), look); });
}

}  // namespace

int reload(const Arguments& arguments, const Look& look) {
  std::string window;
  if (!arguments.confirm.empty()) {
    const auto given = seconds_in(arguments.confirm);
    if (!given) return complain(look, "--confirm takes a duration, as 90s or 10m", "", control::exit_usage);
    if (*given > longest_window) return complain(look, "--confirm takes at most 7d", "", control::exit_usage);
    window = std::to_string(*given);
  }
  return change(arguments, look, {.method = "POST", .path = "/v1/reload", .query = {{"confirm", window}}});
}

int confirm(const Arguments& arguments, const Look& look) {
  return change(arguments, look, {.method = "POST", .path = "/v1/confirm"});
}

int rollback(const Arguments& arguments, const Look& look) {
  return change(arguments, look, {.method = "POST", .path = "/v1/rollback"});
}

int config_diff(const Arguments& arguments, const Look& look) {
  return show<control::ConfigDiff>(arguments, look, {.path = "/v1/diff"},
                                   [&](const control::ConfigDiff& diff) { return config_diff_text(diff, look); });
}

}  // namespace weir::proxyctl
