// One request and its response on their way: two tasks beside each other, since an origin may answer before it has read
// everything, and a client may leave before it has been answered.
#pragma once

#include <optional>

#include "account/ledger.h"
#include "engine/workspace.h"
#include "http/h1_decode.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/tcp.h"

namespace weir::engine {

/// What matters of a request once its head has been encoded into workspace.request_head.
struct Ask {
  http::Framing framing;
  http::Version version = http::Version::http11;
  http::Asked asked;
  bool persistent = true;  ///< the client's connection may go on afterwards
};

struct Exchange {
  io::Loop& loop;
  Workspace& workspace;  ///< workspace.client begins with the request's body
  io::Tcp& client;
  io::Tcp& origin;
  const Ask& ask;

  // What became of it.  `failed` is empty when the whole response was delivered.
  std::optional<Errc> failed = {};
  int status = 0;                ///< of the final response; 0: none came
  bool heard = false;            ///< the origin sent at least one octet
  bool answered = false;         ///< octets of the final response were given to the client
  bool uploaded = false;         ///< the whole request was given to the origin
  bool client_persists = false;  ///< the client was told that its connection goes on
  bool origin_persists = false;  ///< nothing forbids another request on the origin's connection
  bool upgraded = false;         ///< 101 was delivered: both connections belong to another protocol now
  account::Traffic traffic = {};
};

/// Sends the request and delivers the response.  Failures by side: of the client closed, reset, timed_out,
/// body_malformed; of the origin origin_closed, origin_reset, origin_timeout, response_malformed, response_truncated;
/// stopped and system.
io::Task<void> run(Exchange& exchange);

}  // namespace weir::engine
