// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The first screen of the control contract (weir/control.h): how the gateway is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir::control {

/// The configuration in force.
struct Running {
  std::string config;      ///< short hash of the files: equal text, equal hash
  std::string file;        ///< the main file
  std::int64_t since = 0;  ///< when it came into force
  std::uint64_t rules = 0;
  std::uint64_t names = 0;  ///< in all lists
  bool differs = false;     ///< the files on disk are not what runs
  std::string refused;      ///< first mistake of the last reload, if that was refused
  std::int64_t refused_at = 0;
  std::int64_t confirm_until = 0;  ///< goes back by itself then, unless it is confirmed; 0 = it is
  bool passed_over = false;        ///< the file on disk was taken back or never confirmed: a start passes over it
  std::vector<std::string> held;   ///< lists of which an update waits for the operator
  std::vector<std::string> stale;  ///< lists whose last attempt to be fetched failed
  std::vector<std::string> empty;  ///< of them, those of which there is no copy either
  std::vector<std::string> unknown_devices;  ///< names in groups and rules that nobody bears now
};

struct RuleCount {
  std::string rule;
  std::uint64_t count = 0;
};

/// What shadows, or all rules under gateway.observe, would have done; in lines of the access log.
struct Would {
  bool observe = false;         ///< nothing is changed or refused
  std::uint64_t shadows = 0;    ///< rules that only count
  std::uint64_t lines = 0;      ///< of all that was judged
  std::uint64_t refused = 0;    ///< would have been blocked, reset or redirected, by rules that are in force still
  std::vector<RuleCount> most;  ///< of these rules, the three that would have acted most
};

/// Rules with a time.
struct Times {
  std::uint64_t rules = 0;     ///< how many there are
  std::uint64_t in_force = 0;  ///< of them, now
  bool clock_set = true;       ///< else those that refuse are in force, and no others
  std::int64_t next = 0;       ///< when others come into force; 0 = not within a year
  std::string next_wall;       ///< the same by the gateway's clock: "Fri 2026-01-02 15:30"
};

/// What this kernel allows.
struct Tier {
  std::string kernel;                  ///< "6.12.9"
  std::string attach;                  ///< "tcx" or "clsact"
  bool takeover = false;               ///< live connections can be taken over
  std::string fallback;                ///< why not, and what is done instead
  std::string floor;                   ///< "pass" or "splice"
  std::string on_failure;              ///< "open" or "closed"
  std::vector<std::string> differing;  ///< groups of which the other holds
};

struct Connections {
  std::uint64_t open = 0;     ///< now
  std::uint64_t pass = 0;     ///< stayed on the wire, decided by client, destination or port
  std::uint64_t inspect = 0;  ///< stayed on the wire after their first bytes were read
  std::uint64_t splice = 0;
  std::uint64_t serve = 0;
  std::uint64_t block = 0;  ///< refused by a rule, requests included
  std::uint64_t reset = 0;
  std::uint64_t redirect = 0;
  std::uint64_t failed = 0;  ///< ended for a reason that is a failure, requests included
  std::uint64_t requests = 0;
  std::uint64_t bytes_in = 0;   ///< from clients, ended ones only
  std::uint64_t bytes_out = 0;  ///< to clients
};

/// Connections that followed on_failure instead of the rules.
struct Unjudged {
  std::uint64_t no_daemon = 0;
  std::uint64_t overloaded = 0;
  std::uint64_t listener_full = 0;
  std::uint64_t flow_map_full = 0;
  std::uint64_t assign_failed = 0;
  std::uint64_t takeover_failed = 0;
  std::int64_t last = 0;  ///< when their number grew last, as far as somebody looked; 0 = there are none
};
inline std::uint64_t sum(const Unjudged& u) {
  return u.no_daemon + u.overloaded + u.listener_full + u.flow_map_full + u.assign_failed + u.takeover_failed;
}

/// What the limits on clients kept from them.
struct Limited {
  std::uint64_t waited = 0;       ///< new connections that came too soon, and again when they were sent again
  std::uint64_t refused = 0;      ///< those of clients that had as many as they may
  std::vector<std::string> full;  ///< who has now
};

/// In octets.
struct Memory {
  std::uint64_t used = 0;     ///< by all but the cache
  std::uint64_t ceiling = 0;  ///< limits.memory; 0: none
  bool reached = false;       ///< new connections follow on_failure until an eighth of it is free
};

/// Whose address origins saw.
struct Dials {
  std::uint64_t same_port = 0;   ///< the client's, and its port
  std::uint64_t other_port = 0;  ///< the client's, another port
  std::uint64_t gateway = 0;
};

/// What connections showed of themselves.
struct Seen {
  std::uint64_t named = 0;     ///< their name was read
  std::uint64_t nameless = 0;  ///< they were looked into and showed none
  std::uint64_t quic = 0;      ///< datagrams of QUIC that passed: names in it are not read
};

/// The kernel's table of connections, which NAT and firewalls need and Weir does not.
struct Conntrack {
  std::uint64_t used = 0, most = 0;  ///< 0: there is none
};

/// Several addresses were asked lately, and none said anything: the uplink, or what is behind it, is down.
struct Outage {
  std::int64_t since = 0;   ///< the first was asked; 0: origins answer, or too few were asked
  std::string families;     ///< "IPv4", "IPv6", "IPv4 and IPv6": over which nothing comes
  bool total = false;       ///< nothing comes over the other one either
  std::uint64_t asked = 0;  ///< addresses
};

struct AccessLog {
  std::string path;           ///< "" = off; or "journal", or a URL
  std::uint64_t dropped = 0;  ///< lines for which the ring had no room
  std::uint64_t lost = 0;     ///< lines that could not be written
  std::string error;          ///< why lines cannot be written now
  std::string format;         ///< "json", "combined", "squid" or "lancache"; "" of the daemon's own messages
  std::string only;           ///< "all", or "blocked": what rules allowed has no line; "" as for `format`
};

/// A change by hand.
struct HandChange {
  std::uint64_t number = 0;         ///< 0: it is not in force
  std::string action;               ///< "block", "allow", "pass": nothing is judged; "never": TLS to `host` is not
                                    ///< opened; "except": `list` lacks `host`
  std::vector<std::string> host;    ///< as it was typed; empty: any or none
  std::vector<std::string> client;  ///< as it was typed; empty: anyone
  std::string list;                 ///< of an exception
  std::int64_t since = 0;
  std::int64_t until = 0;  ///< 0: until it is undone
  std::string idle;        ///< why it has no meaning now: its group may be gone
};
/// Nothing is judged, for those clients.
inline bool pauses(const HandChange& change) { return change.action == "pass" && change.host.empty(); }

struct Status {
  std::string version;
  /// "running"; "draining" or "drained": new connections pass unjudged, by `drain`; "stopping".  Of proxyctl alone,
  /// where nobody answers and this is the last that is known: "hangs", or "busy" while the process gives signs of life
  std::string state;
  std::int64_t started = 0;
  std::int64_t now = 0;
  std::uint64_t workers = 0;
  Running policy;
  Times times;
  Would would;
  Tier tier;
  Connections connections;
  Unjudged unjudged;
  Limited limited;
  Memory memory;
  Dials dials;
  Outage outage;
  Seen seen;
  double inside_ms = 0;  ///< the middle of what Weir itself took in the last minutes; 0: too little to say
  Conntrack conntrack;
  AccessLog log;
  std::vector<HandChange> by_hand;  ///< newest first
  AccessLog events;                 ///< the daemon's own messages besides standard error
  std::uint64_t events_lost = 0;    ///< announcements of passing connections that the ring could not take
};

}  // namespace weir::control
