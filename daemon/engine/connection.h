// What the stages of one client connection hand to each other.
#pragma once

#include <optional>
#include <string>

#include "account/ledger.h"
#include "engine/serve.h"
#include "weir/cache_result.h"

namespace weir::engine {

/// How a client connection is left.
enum class Parting : std::uint8_t {
  drain,  ///< FIN, after everything that was written has arrived
  close,  ///< there is nobody to say anything to
  reset,  ///< as the origin ended, or as a rule wants it
};
struct End {
  CloseReason reason;
  Parting parting;
};

/// What a connection keeps from one request to the next.
struct Connection {
  Services& services;
  const Flow& flow;
  const FlowId id;
  io::Tcp& client;
  std::optional<io::Tcp> origin;  ///< between requests: a connection to `towards`
  Endpoint towards;               ///< what is dialled: flow.origin, or where a rule's `dial` leads
  bool personal = false;          ///< `origin` may have been told who this client is: it is nobody else's
  bool identified = false;        ///< it is told that by the connection alone: its answers are nobody else's either
  account::Traffic traffic = {};
  std::string judged_host = {};                           ///< of the last judgement told to the ledger
  policy::Verdict judged = {};                            ///< of it; not decided: none yet
  const bool asks_path = services.ledger.samples_path();  ///< at the end of its halves
  unsigned forgotten = services.forgotten;                ///< as it was when `origin` was put there

  Flow route() const { return {flow.client, towards}; }
};

/// What became of one request.
struct Step {
  int status = 0;
  CloseReason reason = CloseReason::done;  ///< of the request
  account::Traffic traffic = {};
  std::optional<Parting> parting = {};    ///< set: the connection ends with it
  std::optional<CacheResult> cache = {};  ///< empty: the cache had no part in it
};

CloseReason reason_of(Errc code);

/// What the kernel told of the way to one side.
void note_path(account::Timings& timings, account::Way way, const io::Path& path);

/// Weir's own answer.  A client that takes it no more is noticed at the next read.
io::Task<Step> answer(Connection& c, std::string text, int status, CloseReason reason, bool close);

/// Answers a failure with its status, where it has one and nothing of another answer was sent; then the connection
/// ends.
io::Task<Step> refuse(Connection& c, Errc code, bool head);

/// How an answer that failed on its way is passed on to the client.
struct Broken {
  Errc failed;
  bool answered = false;  ///< the client has a part of it
  int status = 0;
  bool head = false;  ///< the request was HEAD
};
io::Task<Step> give_up(Connection& c, Broken broken);

}  // namespace weir::engine
