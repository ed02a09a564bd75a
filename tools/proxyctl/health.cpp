// One line for those who ask every few seconds: a monitor, or a router that withdraws its route.
#include "proxyctl/command.h"

namespace weir::proxyctl {

namespace {

int tell(const Arguments& arguments, const control::Health& health) {
  if (arguments.json)
    std::printf("%s\n", control::json_text(health).c_str());
  else
    std::printf("%s\n", printable(health.line).c_str());
  return health.well ? control::exit_done : control::exit_refused;
}

}  // namespace

int health(const Arguments& arguments, const Look& look) {
  const auto answer = ask(arguments.socket, {.path = "/v1/health", .patience = short_patience});
  if (!answer && answer.error().why == Unanswered::Why::not_running && !arguments.json) {
    std::printf("not running: nobody answers at %s\n", printable(arguments.socket).c_str());
    return control::exit_not_running;
  }
  if (!answer) {
    if (const auto known = last_known_health(arguments.socket, answer.error())) return tell(arguments, *known);
    return complain(look, answer.error());
  }
  const auto health = control::parse_json<control::Health>(answer->body);
  if (answer->status != 200 || !health) return complain(look, "the daemon's answer is not understood", "");
  return tell(arguments, *health);
}

}  // namespace weir::proxyctl
