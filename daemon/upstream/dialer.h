// Connections to origins: to the address that the client dialled, and, where the site wants it, from the client's own.
#pragma once

#include "account/ledger.h"
#include "base/flow.h"
#include "base/result.h"
#include "base/units.h"
#include "io/task.h"
#include "io/tcp.h"
#include "resolve/resolver.h"

namespace weir::upstream {

/// What origins see as their peer, and how long they may keep silent when called.
struct SourcePolicy {
  bool as_client_v4 = false;                    ///< the client's address instead of the gateway's, in IPv4
  bool as_client_v6 = false;                    ///< and in IPv6: NAT often covers one family only
  Duration timeout = std::chrono::seconds(30);  ///< of a dial, about as long as a client's own would last; zero: never
};

/// One a worker.
class Dialer {
 public:
  /// `ledger` counts from which address each origin was dialled, and how long it took.  `policy` is read at every dial:
  /// a reload changes it.
  Dialer(io::Loop& loop, account::Ledger& ledger, const SourcePolicy& policy, resolve::Resolver& resolver)
      : loop_(loop), ledger_(ledger), policy_(policy), resolver_(resolver) {}

  /// Where a rule's `dial` leads instead of flow.origin: an address of `name`, of the client's family if it has one.
  /// Errors: those of Resolver::addresses.
  io::Task<Result<Endpoint>> instead(Flow flow, std::string_view name);

  /// Dials flow.origin.  As the client it tries the client's address and port, then another port of that address when
  /// the port is taken on this host, then the gateway's own address: a visible address is better than no connection.
  /// Only a shortage on this host leads to the next step; what the origin answers is the answer.
  /// Errors: origin_refused, origin_unreachable, origin_timeout, no_free_port, stopped, system.
  io::Task<Result<io::Tcp>> dial(Flow flow);

  /// The address that the origin of `flow` sees; all zero for the gateway's.  Connections are alike when it is the
  /// same.
  Address source(const Flow& flow) const { return as_client(flow) ? flow.client.address : Address{}; }

 private:
  bool as_client(const Flow& flow) const {
    if (flow.client.address.is_v4() != flow.origin.address.is_v4()) return false;
    return flow.client.address.is_v4() ? policy_.as_client_v4 : policy_.as_client_v6;
  }

  io::Loop& loop_;
  account::Ledger& ledger_;
  const SourcePolicy& policy_;
  resolve::Resolver& resolver_;
};

/// Nothing stands in the socket to be read: no byte, no FIN, no error.  The state of an idle connection that can be
/// used again; anything else was not asked for.  One system call.
bool quiet(const io::Tcp& tcp);

}  // namespace weir::upstream
