#include "base/units.h"
#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

std::string reload_text(const control::Reloaded& r, const Look& look) {
  Page page(look);
  if (r.done) {
    page.headline(Mark::fine, "config " + printable(r.config) + " is in force",
                  plural(r.rules, "rule", "rules") + (r.names == 0 ? "" : ", " + plural(r.names, "name", "names")));
    if (r.reset > 0) {
      page.row("reset", plural(r.reset, "passing connection", "passing connections") + " that the new rules refuse");
    }
    for (const std::string& key : r.waiting) {
      page.trouble(Mark::attention, "not yet", printable(key) + " changes at the next start", "");
    }
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

int reload(const Arguments& arguments, const Look& look) {
  return show<control::Reloaded>(arguments, look, {.method = "POST", .path = "/v1/reload"},
                                 [&](const control::Reloaded& r) { return reload_text(r, look); });
}

}  // namespace weir::proxyctl
