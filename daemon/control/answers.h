// A request on the control socket to its answer.  No sockets: a method and a target in, a status and JSON out.
#pragma once

#include <string>
#include <string_view>

#include "control/desk.h"

namespace weir::control {

struct Answer {
  int status = 200;
  std::string body;  ///< JSON, one line, no newline; else of `type`
  std::string_view type = "application/json";
  bool head = false;  ///< to HEAD: the fields alone
};

/// `target` as in the request line: "/v1/flows?limit=3".  What the protocol of weir/control.h does not know is refused.
Answer answer(Desk& desk, std::string_view method, std::string_view target);
/// As the kernel counted them; `last` is not known there.
Unjudged unjudged_of(const std::array<std::uint64_t, WEIR_WIRE_REASONS>& wire);
/// The whole of it, counters too.
Status status_of(Desk& desk);
/// {"error": text}
Answer refusal(int status, std::string_view text);

}  // namespace weir::control
