// One request and its response on their way: two tasks beside each other, since an origin may answer before it has read
// everything, and a client may leave before it has been answered.
#pragma once

#include <optional>

#include "account/ledger.h"
#include "engine/caching.h"
#include "engine/workspace.h"
#include "http/h1_decode.h"
#include "http/h1_encode.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/tcp.h"

namespace weir::engine {

/// What matters of a request once its head has been encoded into workspace.request_head.
struct Ask {
  http::Framing framing;
  http::Version version = http::Version::http11;
  http::Asked asked;
  bool persistent = true;     ///< the client's connection may go on afterwards
  bool repeatable = false;    ///< may be sent again when a reused connection died without an answer
  std::size_t head_size = 0;  ///< of the request's head as it was received
};

struct Exchange {
  io::Loop& loop;
  Workspace& workspace;  ///< workspace.client begins with the request's body
  io::Tcp& client;
  io::Tcp& origin;
  const Ask& ask;
  Caching* caching = nullptr;  ///< set: is told of the response's head, and may keep what follows it from delivery

  // What became of it.  `failed` is empty when the whole response was delivered.
  std::optional<Errc> failed = {};
  int status = 0;                ///< of the final response; 0: none came
  bool heard = false;            ///< the origin sent at least one octet
  bool answered = false;         ///< octets of the final response were given to the client
  bool uploaded = false;         ///< the whole request was given to the origin
  bool client_persists = false;  ///< the client was told that its connection goes on
  bool origin_persists = false;  ///< nothing forbids another request on the origin's connection
  bool held = false;             ///< the cache uses the response: its head is in the workspace, what follows unread
  bool upgraded = false;         ///< 101 was delivered: both connections belong to another protocol now
  account::Traffic traffic = {};
};

/// How a response reaches the client; `uploaded`: the request is wholly with the origin.
http::Delivery delivery_of(const Ask& ask, const http::Response& response, bool uploaded);

/// While an answer is on its way: notices a client that has gone, and takes in what it sends ahead (RFC 9112 §9.3.2),
/// as far as there is room.  Ends when the client has said everything, or its deadline expires: then it is somebody
/// else who is slow.
io::Task<std::optional<Errc>> watch_client(io::Tcp& client, Buffer& buffer);

/// Errors of operations on the origin's connection, in the words for its side.
Errc of_origin(const Error& error);

/// Sends the request and delivers the response.  Failures by side: of the client closed, reset, timed_out,
/// body_malformed; of the origin origin_closed, origin_reset, origin_timeout, response_malformed, response_truncated;
/// stopped and system.
io::Task<void> run(Exchange& exchange);

}  // namespace weir::engine
