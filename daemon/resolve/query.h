// One name, asked for over the network by c-ares.
//
// Every name has a channel of c-ares to itself and so a source port of its own: a channel keeps its sockets while
// anything is asked on it, and whoever forges replies would have to guess 16 bits instead of 32.  A channel reads the
// file with the servers when it is made, so a changed file is in force at once.  What that costs, 25 us
// measured, is paid beside a packet to a server.
#pragma once

#include <string>

#include "io/descriptors.h"
#include "io/task.h"
#include "resolve/options.h"
#include "resolve/reply.h"

namespace weir::resolve {

/// Asks for both families at once: each server in turn, `tries` rounds, by UDP, and by TCP where a reply is truncated.
/// Aliases are followed; search domains and the hosts file are not used: what stands in a request is a whole name.
/// `sockets` must be empty and live until the end; `name` and `options` are read before the first wait only.
/// Errors of each family: name_unknown, resolver_timeout, resolver_failed, stopped (also when `sockets` was closed).
io::Task<Replies> query(io::Descriptors& sockets, const std::string& name, const Options& options);

}  // namespace weir::resolve
