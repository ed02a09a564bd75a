// Answers from the cache: what a stored response is to this request, and its way to the client.
#pragma once

#include <memory>
#include <optional>

#include "cache/store.h"
#include "engine/connection.h"
#include "engine/exchange.h"
#include "engine/workspace.h"

namespace weir::engine {

/// Answers the request in the workspace, whose head is taken out of the client's buffer already, with `entry`: with its
/// content, a part of it, or the news that the client has it.
io::Task<Step> tell_stored(Connection& c, Workspace& w, const Ask& ask, const std::shared_ptr<cache::Entry>& entry,
                           CacheResult result);

/// Delivers workspace.response_head and then the content that `reader` finds, while it arrives.
struct Passing {
  Connection& connection;
  Workspace& workspace;
  const Ask& ask;
  cache::Entry& entry;
  cache::Reader& reader;  ///< of the entry's body
  http::Framing::Kind framing = http::Framing::Kind::length;
  int status = 0;
  bool close = false;  ///< the client was told that its connection ends
};
io::Task<Step> pass_on(const Passing& passing);

}  // namespace weir::engine
