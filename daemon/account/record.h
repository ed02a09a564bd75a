// What is written down of one request or connection, whoever carried it.  One ending, one record, one reason.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/flow.h"
#include "base/units.h"
#include "weir/cache_result.h"
#include "weir/reasons.h"
#include "weir/words.h"

namespace weir::account {

/// What some formats of the access log say of a request besides; as it was sent, "" where it was not.
struct Heads {
  bool http10 = false;  ///< else HTTP/1.1
  std::string referer;
  std::string agent;
  std::string range;
  std::string content_type;  ///< of the response
};

/// An HTTP request, or a connection that carried none.  The names of the JSON log are those of ARCHITECTURE's
/// configuration contract; empty strings and a status of 0 are left out of the line.
struct Record {
  WallTime ts{};  ///< when it began
  FlowId id = 0;  ///< the same from kernel verdict to log line
  Flow flow;
  std::string client_name;  ///< the device's, as leases or hosts files say; empty = nobody names it
  std::string host;         ///< normalised; empty = it named nobody
  Depth depth = Depth::pass;
  Action action = Action::allow;
  std::string rule;                  ///< empty = no rule matched
  std::optional<Action> would = {};  ///< what a shadow, or any rule under gateway.observe, would have done
  std::string would_rule;            ///< which
  CloseReason reason = CloseReason::done;
  std::string method;
  std::string url;  ///< "http://host/path", without the query string unless log.query asks for it
  int status = 0;
  std::uint64_t bytes_in = 0;   ///< from the client, as carried (TCP payload)
  std::uint64_t bytes_out = 0;  ///< to the client
  Duration duration{};
  std::optional<CacheResult> cache = {};    ///< empty: the cache had no part in it
  std::shared_ptr<const Heads> heads = {};  ///< null where the log's format does not want them
};

}  // namespace weir::account
