#include "proxyctl/command.h"

namespace weir::proxyctl {

int complain(const Look& look, std::string_view what, std::string_view remedy, int status) {
  Page page(look);
  page.headline(Mark::act, what);
  if (!remedy.empty()) page.hint(remedy);
  std::fputs(page.text().c_str(), stderr);
  return status;
}

int complain(const Look& look, const Unanswered& unanswered) {
  std::string socket = printable(unanswered.socket);
  std::string cause = unanswered.cause.message();
  switch (unanswered.why) {
    case Unanswered::Why::not_running:
      return complain(look, "Weir is not running: nobody answers at " + socket, "weir --config /etc/weir/weir.toml",
                      control::exit_not_running);
    case Unanswered::Why::not_allowed:
      return complain(look, "not allowed to ask Weir at " + socket + ": " + cause, "the same command as root");
    case Unanswered::Why::silent:
      return complain(look, "Weir is there and does not answer at " + socket, "proxyctl status");
    case Unanswered::Why::broken: break;
  }
  return complain(look, "no answer from Weir at " + socket + ": " + cause, "");
}

}  // namespace weir::proxyctl
