// Requests that the cache may answer: from memory, from a fetch that is under way, or from the origin, and then what of
// it is kept.
#pragma once

#include "engine/connection.h"
#include "engine/workspace.h"

namespace weir::engine {

/// Whether the cache has a part in the request in the workspace at all.  Without one it is forwarded as if there were
/// no cache, at no cost.  Not `from_memory`: it is answered by its origin and not kept, but what changes something
/// there is of interest whoever sends it (RFC 9111 §4.4).
bool concerns_cache(const Connection& c, const http::Request& request, bool from_memory);

/// Answers the request in the workspace; concerns_cache() said so.
io::Task<Step> serve_cached(Connection& c, Workspace& w);

}  // namespace weir::engine
