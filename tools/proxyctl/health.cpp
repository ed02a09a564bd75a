// One line for those who ask every few seconds: a monitor, or a router that withdraws its route.
#include "proxyctl/command.h"

namespace weir::proxyctl {

int health(const Arguments& arguments, const Look& look) {
  const auto answer = ask(arguments.socket, {.path = "/v1/health"});
  if (!answer && answer.error().why == Unanswered::Why::not_running && !arguments.json) {
    std::printf("not running: nobody answers at %s\n", printable(arguments.socket).c_str());
    return control::exit_not_running;
  }
  if (!answer) return complain(look, answer.error());
  const auto health = control::parse_json<control::Health>(answer->body);
  if (answer->status != 200 || !health) return complain(look, "the daemon's answer is not understood", "");
  std::printf("%s\n", arguments.json ? answer->body.c_str() : printable(health->line).c_str());
  return health->well ? control::exit_done : control::exit_refused;
}

}  // namespace weir::proxyctl
