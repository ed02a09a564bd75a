#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

std::string drain_text(const control::Drain& drain, const Look& look) {
  Page page(look);
  if (drain.state == "running") {
    page.headline(Mark::fine, "new connections are judged again");
    return page.text();
  }
  const bool done = drain.held == 0;
  page.headline(Mark::attention, "new connections pass unjudged from now on",
                done ? "none is held any more" : plural(drain.held, "connection", "connections") + " held still");
  page.row(done ? "now" : "when none is",
           std::string("Weir can be stopped without cutting anybody off") + (done ? "" : "; proxyctl status tells"));
  page.trouble(Mark::none, "undo", "judge new connections again", "proxyctl drain --undo");
  return page.text();
}

int drain(const Arguments& arguments, const Look& look) {
  const Question question{.method = "POST", .path = "/v1/drain", .query = {{"undo", arguments.undo ? "1" : ""}}};
  return show<control::Drain>(arguments, look, question,
                              [&](const control::Drain& drain) { return drain_text(drain, look); });
}

}  // namespace weir::proxyctl
