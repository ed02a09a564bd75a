#include "engine/connection.h"

#include "engine/answer.h"
#include "io/deadline.h"

namespace weir::engine {

CloseReason reason_of(Errc code) {
  switch (code) {
    case Errc::closed: return CloseReason::client_closed;
    case Errc::reset: return CloseReason::client_reset;
    case Errc::timed_out: return CloseReason::client_idle;
    case Errc::head_timeout: return CloseReason::client_slow;
    case Errc::stopped: return CloseReason::shutdown;
    case Errc::head_malformed: return CloseReason::head_malformed;
    case Errc::host_missing: return CloseReason::host_missing;
    case Errc::host_invalid: return CloseReason::host_invalid;
    case Errc::framing_ambiguous: return CloseReason::framing_ambiguous;
    case Errc::body_malformed: return CloseReason::body_malformed;
    case Errc::target_too_long: return CloseReason::target_too_long;
    case Errc::head_too_large: return CloseReason::head_too_large;
    case Errc::method_refused: return CloseReason::method_refused;
    case Errc::coding_unknown: return CloseReason::coding_unknown;
    case Errc::version_unsupported: return CloseReason::version_unsupported;
    case Errc::origin_refused: return CloseReason::origin_refused;
    case Errc::origin_unreachable: return CloseReason::origin_unreachable;
    case Errc::origin_timeout: return CloseReason::origin_timeout;
    case Errc::origin_closed: return CloseReason::origin_closed;
    case Errc::origin_reset: return CloseReason::origin_reset;
    case Errc::response_malformed: return CloseReason::response_malformed;
    case Errc::response_truncated: return CloseReason::response_truncated;
    case Errc::no_free_port: return CloseReason::no_free_port;
    case Errc::name_unknown:
    case Errc::resolver_timeout:
    case Errc::resolver_failed: return CloseReason::dial_unresolved;
    default: return CloseReason::internal;
  }
}

void note_path(account::Timings& timings, account::Way way, const io::Path& path) {
  timings.sent(way, path.sent, path.again);
  if (way == account::Way::client && path.least_rtt > Duration::zero())
    timings.add(account::Span::client_held, path.least_rtt);
}

io::Task<Step> answer(Connection& c, std::string text, int status, CloseReason reason, bool close) {
  io::Deadline deadline(c.services.loop.wheel(), c.client, stall);
  const auto sent = co_await c.client.write(as_bytes(text));
  Step step{.status = status, .reason = reason, .traffic = {.out = text.size()}};
  if (close) step.parting = Parting::drain;
  if (!sent) step.parting = Parting::close;
  co_return step;
}

io::Task<Step> refuse(Connection& c, Errc code, bool head) {
  if (http_status(code) != 0) {
    co_return co_await answer(c, refusal(code, {.head = head, .close = true}), http_status(code), reason_of(code),
                              true);
  }
  // An origin that refuses or cannot be reached looks so to the client.
  const bool client = side(code) == Side::client;
  co_return Step{.reason = reason_of(code), .parting = client ? Parting::close : Parting::reset};
}

io::Task<Step> give_up(Connection& c, Broken broken) {
  if (!broken.answered) co_return co_await refuse(c, broken.failed, broken.head);
  // The client has a part of the answer, and must see that it is only a part.
  Step step{.status = broken.status, .reason = reason_of(broken.failed), .parting = Parting::drain};
  if (side(broken.failed) == Side::client) step.parting = Parting::close;
  if (broken.failed == Errc::origin_reset) step.parting = Parting::reset;
  co_return step;
}

}  // namespace weir::engine
