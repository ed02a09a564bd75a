// From a request to the origin and back: the connection that carries it, once more on a new one where that is harmless.
#pragma once

#include <optional>

#include "engine/caching.h"
#include "engine/connection.h"
#include "engine/exchange.h"
#include "engine/workspace.h"

namespace weir::engine {

/// Encodes the request in the workspace for the next hop and takes it out of the client's buffer.  With `own` it asks
/// for what that says instead of what the client's conditions say.
Ask prepare(Connection& c, Workspace& w, const http::Validators* own = nullptr);

/// What became of a request that was taken to the origin.
struct Forwarded {
  Step step;
  std::optional<io::Tcp> origin = {};  ///< when the cache uses the response: where the rest of it stands
  bool reusable = false;               ///< Use::unchanged: nothing of the response stands in `origin`
};

/// Takes the prepared request to the origin.  Delivers the response, unless `caching` has a use for it: then the head
/// is in the workspace, what follows it unread, and nothing was delivered.
io::Task<Forwarded> forward(Connection& c, Workspace& w, Ask ask, Caching* caching = nullptr);

}  // namespace weir::engine
