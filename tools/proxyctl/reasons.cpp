// Why packets went where they went, and how connections ended: every reason that occurred, with its words.
#include <algorithm>
#include <array>

#include "base/units.h"
#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

namespace {

/// Reasons after which connections were not judged: never normal.
bool not_enforced(const std::string& wire_reason) {
  static constexpr std::array<std::string_view, 7> reasons = {
      "no_daemon", "overloaded", "listener_full", "flow_map_full", "assign_failed", "takeover_failed", "ring_full"};
  return std::find(reasons.begin(), reasons.end(), wire_reason) != reasons.end();
}

}  // namespace

std::string reasons_text(const control::Reasons& reasons, const Look& look) {
  using enum Table::Align;
  std::uint64_t endings = 0, failures = 0, unjudged = 0;
  Table wire({{"on the wire", left}, {"count", right}, {"", left, 20}});
  for (const control::WireReason& r : reasons.wire) {
    if (r.count == 0) continue;
    bool bad = not_enforced(r.name);
    unjudged += bad ? r.count : 0;
    wire.add({r.name, count_text(r.count), printable(r.text)}, bad ? Mark::attention : Mark::none);
  }
  Table ends({{"endings", left}, {"count", right}, {"", left, 20}});
  for (const control::EndReason& r : reasons.close) {
    endings += r.count;
    failures += r.failure ? r.count : 0;
    if (r.count > 0) ends.add({r.name, count_text(r.count), printable(r.text)});
  }

  Page page(look);
  std::string answer = plural(endings, "ending", "endings");
  if (endings > 0) answer += failures == 0 ? ", none failed" : ", " + count_text(failures) + " failed";
  page.headline(unjudged > 0 ? Mark::attention : Mark::fine, answer,
                unjudged > 0 ? count_text(unjudged) + " times Weir could not judge" : "");
  if (!wire.empty()) wire.print(page);
  if (!ends.empty()) ends.print(page);
  if (failures > 0) page.hint("proxyctl flows --failed");
  return page.text();
}

int reasons(const Arguments& arguments, const Look& look) {
  return show<control::Reasons>(arguments, look, {.path = "/v1/reasons"},
                                [&](const control::Reasons& r) { return reasons_text(r, look); });
}

}  // namespace weir::proxyctl
