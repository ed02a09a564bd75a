#include "config/keys.h"

#include <algorithm>
#include <iterator>

#include "config/reader.h"

namespace weir::config {

namespace {

constexpr auto reload = Key::Applies::reload;
constexpr auto restart = Key::Applies::restart;

constexpr Word<Source> sources[] = {
    {"auto", Source::automatic}, {"client", Source::client}, {"gateway", Source::gateway}};
constexpr Word<OnFailure> failures[] = {{"open", OnFailure::open}, {"closed", OnFailure::closed}};
constexpr Word<Quic> quics[] = {{"pass", Quic::pass}, {"reject", Quic::reject}};
constexpr Word<Floor> floors[] = {{"pass", Floor::pass}, {"splice", Floor::splice}};
constexpr Word<Action> actions[] = {{"allow", Action::allow},
                                    {"pass", Action::pass},
                                    {"block", Action::block},
                                    {"reset", Action::reset},
                                    {"redirect", Action::redirect}};
constexpr Word<Taken> matches[] = {{"auto", Taken::automatic}, {"exact", Taken::exact}, {"tree", Taken::tree}};
constexpr Word<bool> unseens[] = {{"block", true}};
constexpr Word<LogFormat> formats[] = {{"json", LogFormat::json},
                                       {"combined", LogFormat::combined},
                                       {"squid", LogFormat::squid},
                                       {"lancache", LogFormat::lancache}};
constexpr Word<bool> onlys[] = {{"all", false}, {"blocked", true}};

constexpr Key table[] = {
    {"gateway.lan", "list of interfaces", Key::required, reload, "interfaces on which clients arrive",
     [](Reader& r, const Node& n) { r.interfaces(n, false, r.config.gateway.lan); }},
    {"gateway.wan", "\"auto\" or list of interfaces", "\"auto\"", reload,
     "interfaces towards the internet; \"auto\": where the default routes leave",
     [](Reader& r, const Node& n) { r.interfaces(n, true, r.config.gateway.wan); }},
    {"gateway.source", "word", "\"auto\"", reload,
     "what origins see: \"client\", \"gateway\", or \"auto\": the gateway where traffic is masqueraded",
     [](Reader& r, const Node& n) { r.word(n, sources, r.config.gateway.source); }},
    {"gateway.on_failure", "word", "\"open\"", reload,
     "new connections while Weir cannot judge: \"open\" lets them pass, \"closed\" does not",
     [](Reader& r, const Node& n) { r.word(n, failures, r.config.gateway.on_failure); }},
    {"gateway.observe", "true or false", "false", reload, "true: judge and count, but change and refuse nothing",
     [](Reader& r, const Node& n) { r.yes_no(n, r.config.gateway.observe); }},
    {"gateway.exempt", "list of prefixes", "[]", reload, "clients or destinations that are never touched",
     [](Reader& r, const Node& n) { r.prefixes(n, r.config.gateway.exempt); }},
    {"gateway.http", "list of ports", "[80]", reload, "ports on which HTTP is spoken; [] leaves it alone",
     [](Reader& r, const Node& n) { r.ports(n, r.config.gateway.http); }},
    {"gateway.tls", "list of ports", "[443]", reload, "ports on which TLS is spoken; [] leaves it alone",
     [](Reader& r, const Node& n) { r.ports(n, r.config.gateway.tls); }},
    {"gateway.quic", "word", "\"pass\"", reload,
     "\"reject\" answers QUIC with ICMP, so that clients use TCP at once; \"pass\" leaves it alone",
     [](Reader& r, const Node& n) { r.word(n, quics, r.config.gateway.quic); }},
    {"gateway.floor", "word", "\"pass\"", reload,
     "the shallowest depth allowed; \"splice\": every judged connection goes through the daemon",
     [](Reader& r, const Node& n) { r.word(n, floors, r.config.gateway.floor); }},
    {"gateway.workers", "number", "0", restart, "threads that carry connections, 0 to 64; 0: one a core",
     [](Reader& r, const Node& n) { r.number(n, 0, 64, r.config.gateway.workers); }},
    {"gateway.mark", "number", "0x00100000", restart, "the lowest of the four packet mark bits that Weir uses",
     [](Reader& r, const Node& n) { r.mark(n, r.config.gateway.mark); }},
    {"gateway.table", "number", "7745", restart, "the routing table that Weir uses",
     [](Reader& r, const Node& n) { r.table(n, r.config.gateway.table); }},
    {"gateway.timezone", "name", "\"\"", restart,
     "the zone of time conditions, as \"Europe/Berlin\"; \"\": the system's",
     [](Reader& r, const Node& n) { r.timezone(n, r.config.gateway.timezone); }},

    {"limits.connections", "number", "65536", reload, "connections held by the daemon at once; beyond: on_failure",
     [](Reader& r, const Node& n) { r.number(n, 1, 1 << 20, r.config.limits.connections); }},
    {"limits.memory", "size, \"auto\" or \"off\"", "\"auto\"", reload,
     "ceiling of the memory of everything but the cache; beyond: on_failure; \"auto\": half of what that leaves",
     [](Reader& r, const Node& n) { r.ceiling(n, r.config.limits.memory); }},
    {"limits.head", "duration", "\"10s\"", reload, "time in which a whole request head or hello must arrive",
     [](Reader& r, const Node& n) { r.duration(n, std::chrono::milliseconds(1), r.config.limits.head); }},
    {"limits.idle", "duration", "\"60s\"", reload, "time after which an HTTP connection between two requests is closed",
     [](Reader& r, const Node& n) { r.duration(n, std::chrono::milliseconds(1), r.config.limits.idle); }},
    {"limits.drain", "duration", "\"30s\"", reload, "time that open connections get to end when Weir stops",
     [](Reader& r, const Node& n) { r.duration(n, Duration::zero(), r.config.limits.drain); }},

    {"cache.memory", "size or \"off\"", "\"256 MiB\"", reload,
     "ceiling of the memory for stored HTTP responses, all bookkeeping included",
     [](Reader& r, const Node& n) { r.memory(n, r.config.cache.memory); }},

    {"clients.names", "\"auto\" or list of files", "\"auto\"", reload,
     "DHCP leases and hosts files that name devices; \"auto\": those of DHCP servers on this machine, and /etc/hosts",
     [](Reader& r, const Node& n) { r.name_files(n, r.config.clients); }},
    {"clients.ipv6", "length of a prefix", "\"/64\"", reload,
     "how much of an IPv6 address tells one client from another, for counts and limits, where its hardware address "
     "does not",
     [](Reader& r, const Node& n) { r.client_width(n, r.config.clients.ipv6); }},

    {"control.socket", "path", "\"/run/weir/control.sock\"", restart, "the socket at which proxyctl reaches Weir",
     [](Reader& r, const Node& n) { r.socket(n, r.config.control.socket); }},
    {"control.state", "path", "\"/var/lib/weir\"", restart,
     "folder of what outlives a run: the last good copies of lists, changes by hand",
     [](Reader& r, const Node& n) { r.folder(n, r.config.control.state); }},
    {"control.metrics", "address with port, or \"off\"", "\"127.0.0.1:9145\"", restart,
     "where Prometheus finds /metrics, and load balancers /healthz",
     [](Reader& r, const Node& n) { r.endpoint(n, r.config.control.metrics); }},

    {"log.access", "path, \"journal\", syslog URL or \"off\"", "\"/var/log/weir/access.log\"", reload,
     "where the line of each connection or request goes: a file, the journal, or \"syslog://host:port\"",
     [](Reader& r, const Node& n) { r.log_target(n, r.config.log.access); }},
    {"log.format", "word", "\"json\"", reload,
     "\"json\", or \"combined\", \"squid\" and \"lancache\" as the tools of others read them",
     [](Reader& r, const Node& n) { r.word(n, formats, r.config.log.format); }},
    {"log.keep", "table or \"off\"", "{ age = \"30d\", size = \"1 GiB\" }", reload,
     "what is kept of log files, whichever is reached first; \"off\": somebody else turns them over",
     [](Reader& r, const Node& n) { r.keep(n, r.config.log.keep); }},
    {"log.query", "true or false", "false", reload, "true: URLs are written with their query strings",
     [](Reader& r, const Node& n) { r.yes_no(n, r.config.log.query); }},
    {"log.only", "word", "\"all\"", reload, "\"blocked\": only what a rule refuses, or would if it did not only count",
     [](Reader& r, const Node& n) { r.word(n, onlys, r.config.log.only_blocked); }},
    {"log.events", "path, \"journal\", syslog URL or \"off\"", "\"off\"", reload,
     "where the daemon's own messages go besides standard error",
     [](Reader& r, const Node& n) { r.log_target(n, r.config.log.events); }},

    {"page.contact", "text", "\"\"", reload, "whom the block page names to ask",
     [](Reader& r, const Node& n) { r.contact(n, r.config.page.contact); }},

    {"list.name", "word", Key::required, reload, "what rules call it: host = [\"@name\"]",
     [](Reader& r, const Node& n) { r.label(n, r.config.lists.back().name); }},
    {"list.file", "path", "", reload,
     "names, hosts lines, adblock rules, dnsmasq, RPZ, cache-domains or an archive of categories",
     [](Reader& r, const Node& n) { r.file(n, r.config.lists.back().file); }},
    {"list.url", "URL", "", reload, "where the same is fetched, http:// or https://; the last good copy is kept",
     [](Reader& r, const Node& n) { r.url(n, r.config.lists.back().url); }},
    {"list.names", "list of names", "", reload, "a small list in place: \"exact.example\", \".subtree.example\"",
     [](Reader& r, const Node& n) { r.list_names(n, r.config.lists.back().names); }},
    {"list.match", "word", "\"auto\"", reload,
     "what a name means: \"exact\" itself, \"tree\" also what is below it, \"auto\" as its format has it",
     [](Reader& r, const Node& n) { r.word(n, matches, r.config.lists.back().match); }},
    {"list.except", "list of names", "[]", reload, "names that the list does not hold, whatever its file says",
     [](Reader& r, const Node& n) { r.list_names(n, r.config.lists.back().except); }},
    {"list.update", "duration", "\"1d\"", reload, "how often the server of url is asked for changes",
     [](Reader& r, const Node& n) { r.duration(n, std::chrono::seconds(1), r.config.lists.back().update); }},
    {"list.guard", "true or false", "", reload,
     "hold an update that empties or halves the list, or blocks a name that many use; true for url, else false",
     [](Reader& r, const Node& n) { r.flag(n, r.config.lists.back().guard); }},

    {"group.name", "word", Key::required, reload, "what rules call it: client = [\"@name\"]",
     [](Reader& r, const Node& n) { r.label(n, r.config.groups.back().name); }},
    {"group.clients", "list of clients", Key::required, reload,
     "addresses, prefixes, hardware addresses (\"02:00:5e:10:00:01\") and names of devices (\"tablet-1\")",
     [](Reader& r, const Node& n) { r.members(n, r.config.groups.back()); }},
    {"group.on_failure", "word", "", reload,
     "as gateway.on_failure, for these clients; a device goes before a prefix, of nested prefixes the longest decides",
     [](Reader& r, const Node& n) {
       OnFailure of_group{};
       if (r.word(n, failures, of_group)) r.config.groups.back().on_failure = of_group;
     }},

    {"limit.name", "word", Key::required, reload, "what messages call it",
     [](Reader& r, const Node& n) { r.label(n, r.config.client_limits.back().name); }},
    {"limit.client", "list of clients and @groups", "", reload,
     "whom it limits, each by itself; without it: each client",
     [](Reader& r, const Node& n) { r.clients(n, r.config.client_limits.back().client); }},
    {"limit.new", "rate", "", reload,
     "new connections, as \"300/s\", \"20/m\" or \"5/h\", so many of them at once; what is beyond waits",
     [](Reader& r, const Node& n) { r.rate(n, r.config.client_limits.back().arrivals); }},
    {"limit.connections", "number", "", reload, "connections at once; what is beyond is refused",
     [](Reader& r, const Node& n) { r.number(n, 1, 1 << 20, r.config.client_limits.back().connections); }},

    {"rule.name", "text", "", reload, "what logs and block pages call it",
     [](Reader& r, const Node& n) { r.title(n, r.config.rules.back().name); }},
    {"rule.client", "list of clients and @groups", "", reload, "who connects; without it: anyone",
     [](Reader& r, const Node& n) { r.clients(n, r.config.rules.back().client); }},
    {"rule.dest", "list of prefixes", "", reload, "the address that the client dials; without it: any",
     [](Reader& r, const Node& n) { r.dests(n, r.config.rules.back().dest); }},
    {"rule.port", "list of ports and ranges", "", reload, "the port that the client dials; without it: any",
     [](Reader& r, const Node& n) { r.port_matches(n, r.config.rules.back().port); }},
    {"rule.host", "list of names and @lists", "", reload, "the name that the client asks for; without it: any or none",
     [](Reader& r, const Node& n) { r.hosts(n, r.config.rules.back().host); }},
    {"rule.time", "text or list", "", reload,
     "when the rule holds: \"Mon-Fri 15:00-18:00\", \"22:00-06:00\", \"2025-06-10\"; without it: always",
     [](Reader& r, const Node& n) { r.times(n, r.config.rules.back().time); }},
    {"rule.unseen", "word", "", reload, "\"block\": a name that cannot be seen counts as if it matched",
     [](Reader& r, const Node& n) { r.word(n, unseens, r.config.rules.back().unseen_blocks); }},
    {"rule.action", "word", Key::required, reload,
     "\"allow\", \"pass\" (stays on the wire), \"block\" (page or alert), \"reset\" or \"redirect\"",
     [](Reader& r, const Node& n) { r.word(n, actions, r.config.rules.back().action); }},
    {"rule.location", "URL", "", reload, "where \"redirect\" sends the client; TLS gets an alert instead",
     [](Reader& r, const Node& n) { r.location(n, r.config.rules.back().location); }},
    {"rule.dial", "name", "", reload,
     "of \"allow\": the name whose address is dialled instead of what the client dialled",
     [](Reader& r, const Node& n) { r.dial(n, r.config.rules.back().dial); }},
    {"rule.locked", "true or false", "false", reload,
     "true: changes by hand that open do not reach what this rule refuses",
     [](Reader& r, const Node& n) { r.yes_no(n, r.config.rules.back().locked); }},
    {"rule.shadow", "true or false", "false", reload,
     "true: the rule decides nothing, and what it would have decided is counted",
     [](Reader& r, const Node& n) { r.yes_no(n, r.config.rules.back().shadow); }},
};

constexpr std::string_view section_names[] = {"gateway", "limits", "cache", "clients", "control", "log",
                                              "page",    "list",   "group", "limit",   "rule"};

}  // namespace

std::span<const Key> keys() { return table; }

const Key* find_key(std::string_view path) {
  const auto* key = std::ranges::find(table, path, &Key::path);
  return key == std::end(table) ? nullptr : key;
}

std::span<const std::string_view> sections() { return section_names; }

bool repeats(std::string_view section) {
  return section == "list" || section == "group" || section == "limit" || section == "rule";
}

}  // namespace weir::config
