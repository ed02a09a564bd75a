// What those see who watch a gateway from outside: /metrics in the text format of Prometheus, and /healthz.  Only
// sums: never a client, a host, or anything else that a client chose, as a label.
#pragma once

#include <string>

#include "control/answers.h"
#include "control/board.h"

namespace weir::control {

/// Whether new connections are judged, and what else needs the operator.  Its line: "well", "well, but the last reload
/// was refused", "not well: a worker hangs".
/// `now` in seconds since 1970: a bulletin that is old says that the control thread hangs.
Health health_of(Gauges& gauges, const Bulletin& bulletin, std::int64_t now);

std::string metrics_text(Gauges& gauges, const Bulletin& bulletin, std::int64_t now);

/// Answers GET and HEAD of /metrics and /healthz, and nothing else.  503 when not well.
Answer watched(Gauges& gauges, const Bulletin& bulletin, std::int64_t now, std::string_view method,
               std::string_view target);

/// On the control thread.
Bulletin bulletin_of(Desk& desk);

}  // namespace weir::control
