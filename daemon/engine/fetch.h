// The content of a response on its way into the cache.  A fetch belongs to no client: all that want its response, the
// one that caused it included, read what has arrived, each as fast as it can.
#pragma once

#include <memory>
#include <optional>

#include "cache/store.h"
#include "engine/serve.h"
#include "engine/workspace.h"
#include "http/body.h"
#include "upstream/pool.h"

namespace weir::engine {

/// Where a fetch leaves the origin's connection when it is done with it, if the client that brought it is still there.
struct Loan {
  bool wanted = true;
  std::optional<io::Tcp> origin;
};

/// Of one response whose head has come.
struct Fetch {
  Services& services;
  io::Tcp origin;
  std::shared_ptr<cache::Entry> entry;
  http::BodyDecoder decoder;
  std::optional<std::uint64_t> length;    ///< of the content, if known
  bool reusable = false;                  ///< the connection is good for another request afterwards
  std::optional<upstream::PoolKey> pool;  ///< empty: the connection is personal
  std::shared_ptr<Loan> loan = {};
  bool for_all = false;  ///< goes on although nobody reads yet
};

/// Puts what stands in `buffer` into the entry, and has the rest of it fetched.  False: it is malformed from its
/// beginning.
bool begin_fetch(Fetch fetch, Buffer& buffer);

/// Asks the origin behind the client's back whether `entry` is still good (RFC 5861 §3): what `request_head` says.
struct Refresh {
  Services& services;
  Flow flow;
  std::shared_ptr<cache::Entry> entry;
  std::string request_text;  ///< as the client said it
  std::string request_head;  ///< as the origin is asked
  std::uint64_t epoch = 0;   ///< of the look-up
};
io::Task<void> refresh(Refresh refresh);

}  // namespace weir::engine
