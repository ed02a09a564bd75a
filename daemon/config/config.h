// weir.toml as plain structs.  What stands here has been checked: every prefix parses, every @reference resolves.
// Sans-I/O: text in, structs or every diagnostic out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/addr.h"
#include "base/calendar.h"
#include "base/mac.h"
#include "base/units.h"
#include "weir/words.h"

namespace weir::config {

/// A place in a file, for messages: "weir.toml:41".  Lines and columns count from 1.
struct Where {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  friend bool operator==(const Where&, const Where&) = default;
};

enum class Source : std::uint8_t { automatic, client, gateway };
enum class Quic : std::uint8_t { pass, reject };
enum class Floor : std::uint8_t { pass, splice };

struct Gateway {
  std::vector<std::string> lan;
  std::vector<std::string> wan;  ///< empty: "auto", where the default routes leave
  Source source = Source::automatic;
  OnFailure on_failure = OnFailure::open;
  std::vector<Prefix> exempt;  ///< as client or as destination
  std::vector<std::uint16_t> http = {80};
  std::vector<std::uint16_t> tls = {443};
  Quic quic = Quic::pass;
  Floor floor = Floor::pass;
  unsigned workers = 0;  ///< 0: one a core
  std::uint32_t mark = 0x00100000;
  std::uint32_t table = 7745;
  bool observe = false;  ///< judge and count, enforce nothing
  std::string timezone;  ///< "Europe/Berlin"; empty: the system's
  Where timezone_at;
};

struct Limits {
  unsigned connections = 65536;
  /// Ceiling of the daemon's memory without the cache, in octets; 0: none; empty: half of what that leaves.
  std::optional<std::uint64_t> memory;
  Duration head = std::chrono::seconds(10);
  Duration idle = std::chrono::seconds(60);
  Duration drain = std::chrono::seconds(30);
};

struct Cache {
  std::uint64_t memory = 256 << 20;  ///< ceiling in octets; 0: off
};

/// Who clients are.
struct Clients {
  bool names_by_place = true;      ///< names = "auto": wherever DHCP servers keep their leases, and /etc/hosts
  std::vector<std::string> names;  ///< else these files
  Where names_at;
  std::uint8_t ipv6 = 64;  ///< bits of an IPv6 address that tell one client from another
};

struct Control {
  std::string socket = "/run/weir/control.sock";
  std::string state = "/var/lib/weir";  ///< the folder of what outlives a run: last good lists, changes by hand
  /// Where Prometheus asks; empty: nowhere.
  std::optional<Endpoint> metrics = Endpoint{Address::v4(0x7f000001), 9145};
};

/// What is kept of a log that is a file; whichever is reached first.  Both zero: Weir turns no file over.
struct Keep {
  Duration age = std::chrono::days(30);
  std::uint64_t size = 1 << 30;  ///< octets, the file that is written included

  friend bool operator==(const Keep&, const Keep&) = default;
};

struct Log {
  /// A path, "journal", or a URL that Collector::parse() takes; empty: off.
  std::string access = "/var/log/weir/access.log";
  LogFormat format = LogFormat::json;
  Keep keep;
  bool query = false;         ///< URLs with their query strings
  bool only_blocked = false;  ///< of the access log only what a rule refuses, or would
  std::string events;         ///< as `access`: where the daemon's own messages go besides standard error
};

/// What Weir says to those whom a rule refuses.
struct Page {
  std::string contact;  ///< whom to ask; empty: nobody
};

/// One element of a match list.  Exactly one of the shapes; `negated` is the "!" in front of it.
struct Match {
  enum class Kind : std::uint8_t {
    reference,  ///< "@name": a list (host) or a group (client)
    exact,      ///< host: "exact.example"
    subtree,    ///< host: ".x" = x and everything below; `text` without the dot
    prefix,     ///< client, dest
    mac,        ///< client: a device by its hardware address
    device,     ///< client: a device by the name that leases or hosts files give it
    port,       ///< port or range
  };
  Kind kind;
  bool negated = false;
  std::string text;                 ///< of reference, exact, subtree, device: normalised
  Prefix prefix;                    ///< of prefix
  Mac mac = {};                     ///< of mac
  std::uint16_t low = 0, high = 0;  ///< of port, inclusive
  Where where;
};

/// One element of a rule's `time`.
struct TimeMatch {
  Hours hours;
  bool negated = false;
  Where where;
};

struct Rule {
  std::string name;  ///< "" : shown as "rule 3"
  Action action = Action::allow;
  std::string location;       ///< of redirect: where to
  std::string dial;           ///< of allow: the name, normalised, whose address is dialled instead; "" = none
  bool locked = false;        ///< changes by hand that open do not reach it
  unsigned change = 0;        ///< the number of the change by hand that it is; 0: it stands in a file
  bool shadow = false;        ///< decides nothing; what it would have decided is counted
  std::vector<Match> client;  ///< empty: any
  std::vector<Match> dest;
  std::vector<Match> port;
  std::vector<Match> host;      ///< also list references
  std::vector<TimeMatch> time;  ///< empty: always
  bool unseen_blocks = false;   ///< unseen = "block": facts that can no longer become known count as yes
  Where where;                  ///< of the rule's table
};

/// A device by its name.
struct NamedDevice {
  std::string name;  ///< normalised
  Where where;
};

struct Group {
  std::string name;
  std::vector<Prefix> clients;
  std::vector<Mac> macs;
  std::vector<NamedDevice> devices;
  std::optional<OnFailure> on_failure;  ///< of these clients; empty: the gateway's
  Where where;
};

/// How much one client may have.
struct Limit {
  std::string name;
  std::vector<Match> client;  ///< empty: each client
  Rate arrivals;              ///< new connections
  unsigned connections = 0;   ///< at once; 0: any number
  Where where;
};

/// What a name in a list means that does not say so itself.
enum class Taken : std::uint8_t { automatic, exact, tree };

struct List {
  std::string name;
  std::string file;           ///< or
  std::string url;            ///< or
  std::vector<Match> names;   ///< exact and subtree only
  std::vector<Match> except;  ///< the same: names that the list does not hold, whatever it says
  Taken match = Taken::automatic;
  Duration update = std::chrono::days(1);  ///< of `url`
  std::optional<bool> guard;               ///< empty: true for `url`
  Where where;

  bool guarded() const { return guard.value_or(!url.empty()); }
};

struct Config {
  std::vector<std::string> files;  ///< all that were read, the main one first
  Gateway gateway;
  Limits limits;
  Cache cache;
  Clients clients;
  Control control;
  Log log;
  Page page;
  std::vector<List> lists;
  std::vector<Group> groups;
  std::vector<Limit> client_limits;  ///< of each kind the first that matches a client holds
  std::vector<Rule> rules;

  /// Every list that says whom a rule or a limit means.
  std::vector<const std::vector<Match>*> clients_meant() const {
    std::vector<const std::vector<Match>*> all;
    for (const Rule& rule : rules) all.push_back(&rule.client);
    for (const Limit& limit : client_limits) all.push_back(&limit.client);
    return all;
  }
};

}  // namespace weir::config
