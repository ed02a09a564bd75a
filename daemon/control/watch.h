// What those see who watch a gateway from outside: /metrics in the text format of Prometheus, and /healthz.  Only
// sums: never a client, a host, or anything else that a client chose, as a label.
#pragma once

#include <string>

#include "control/answers.h"

namespace weir::control {

/// Whether new connections are judged, and what else needs the operator.  Its line: "well", "well, but the last reload
/// was refused", "not well: a worker hangs".
Health health_of(Desk& desk);

std::string metrics_text(Desk& desk);

/// Answers GET and HEAD of /metrics and /healthz, and nothing else.  503 when not well.
Answer watched(Desk& desk, std::string_view method, std::string_view target);

}  // namespace weir::control
