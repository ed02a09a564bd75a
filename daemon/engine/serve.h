// HTTP/1.1 between a client and the origin that it dialled: one coroutine a client connection, one exchange a request.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <optional>

#include "account/ledger.h"
#include "base/flow.h"
#include "cache/store.h"
#include "engine/workspace.h"
#include "io/deadline.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/tcp.h"
#include "policy/policy.h"
#include "resolve/resolver.h"
#include "upstream/dialer.h"
#include "upstream/pool.h"

namespace weir::engine {

/// What a worker lends to the connections that it serves.
struct Services {
  io::Loop& loop;
  upstream::Dialer& dialer;
  upstream::Pool& pool;
  const std::shared_ptr<const policy::Snapshot>&
      policy;  ///< the one in force; each request keeps the one it began with
  account::Ledger& ledger;
  cache::Store* cache = nullptr;                     ///< shared by all workers; null: there is none
  resolve::Resolver* resolver = nullptr;             ///< says which host owns which address, for the cache
  unsigned verifying = 0;                            ///< questions to it that are under way
  const std::atomic<bool>* out_of_memory = nullptr;  ///< no request begins that needs more of it; null: never
  bool draining = false;                             ///< no further request on any connection
  unsigned forgotten = 0;                            ///< how often forget_origins() was called
  Workspaces workspaces = {};
  std::list<io::Deadline*> waiting = {};  ///< of the connections that wait for their next request
};

/// No further request on any connection: those that wait for one end now, the others with their answer.
void drain(Services& services);
/// Connections go on from request to request again.
void resume(Services& services);
/// An address of the gateway has gone, as when a line is dialled again: what was dialled from it would hang.  No
/// request goes out on a connection that exists now.
void forget_origins(Services& services);

/// How long either side may keep an exchange waiting: for an answer, for more of a body, for room to write.  Long,
/// since without a gateway nobody would hurry them; finite, since a connection is a place that another one could have.
inline constexpr Duration stall = std::chrono::minutes(5);

struct Served {
  CloseReason reason;
  account::Traffic traffic;
};

/// Serves the requests of `client` until the connection ends, and closes it.  Every request is judged by its own host,
/// is written to the ledger as a record of its own, and goes to flow.origin whatever host it names, unless the rule
/// that allows it has a `dial`. `origin` is a connection to flow.origin that exists already, if any; it becomes the
/// connection's own, and if it is `personal` it serves nobody else afterwards. Nothing of the client's octets may have
/// been consumed before; what is no HTTP/1.1 is refused, never passed on.
io::Task<Served> serve_h1(Services& services, const Flow& flow, FlowId id, io::Tcp& client,
                          std::optional<io::Tcp> origin = {}, bool personal = false);

}  // namespace weir::engine
