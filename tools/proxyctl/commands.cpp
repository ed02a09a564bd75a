#include "proxyctl/commands.h"

#include <CLI/CLI.hpp>
#include <charconv>

namespace weir::proxyctl {
namespace {

struct Command {
  const char* name;
  bool changes;        ///< a verb: changes something
  const char* daemon;  ///< whether it needs one
  const char* help;
  int (*run)(const Arguments&, const Look&);
  void (*declare)(CLI::App&, Arguments&);
};

void no_options(CLI::App&, Arguments&) {}

void flow_options(CLI::App& app, Arguments& to) {
  app.add_flag("--failed", to.failed, "only what ended in a failure");
  app.add_option("--client", to.client, "only this client: an address, a prefix, a hardware address or a name");
  app.add_option("--host", to.host, "only this name and what is below it");
  app.add_option("--since", to.since, "only what lives, or ended within this time: 15m, 2h");
  app.add_option("--limit", to.limit, "at most so many")->check(CLI::Range(1, 10000))->capture_default_str();
}

void explain_options(CLI::App& app, Arguments& to) {
  auto* code = app.add_option("code", to.code, "what a block page shows as its code: who was refused what, and why");
  app.add_option("--client", to.client, "the client: an address, a hardware address or a name; needed without a code")
      ->excludes(code);
  auto* dest = app.add_option("--dest", to.dest, "address it dials: A, A:PORT or [A]:PORT (port 443)");
  app.add_option("--port", to.port, "port it dials, wherever to")->check(CLI::Range(1, 65535))->excludes(dest);
  app.add_option("--host", to.host, "name in its TLS hello or Host field; none: it names nobody");
  app.add_option("--time", to.time, "as if the gateway's clock showed this: \"2026-01-02 15:30\"");
  app.add_option("--config", to.config, "judge by this file, without a daemon");
}

void policy_options(CLI::App& app, Arguments& to) {
  app.add_option("which", to.which, "\"shadow\": only what would have decided")->check(CLI::IsMember({"shadow"}));
}

void top_options(CLI::App& app, Arguments& to) {
  app.add_option("--every", to.every, "how far the looks are apart, 1s to 1h")->capture_default_str();
  app.add_flag("--once", to.once, "one difference and no more, as where the output is no terminal");
}

void who_options(CLI::App& app, Arguments& to) {
  app.add_option("host", to.host, "this name and what is below it")->required();
  app.add_option("--from", to.from, "not before: \"2026-01-02\" or \"2026-01-02 15:30\" on this machine's clock");
  app.add_option("--to", to.to, "before");
  app.add_option("--log", to.log, "the access log; without it: where the daemon writes");
}

void doctor_options(CLI::App& app, Arguments& to) {
  app.add_option("--lan", to.lan, "interface on which clients arrive");
  app.add_option("--config", to.config, "take interfaces, mark and table from this file");
}

void list_option(CLI::App& app, Arguments& to) { app.add_option("list", to.list, "name of the list")->required(); }

void except_options(CLI::App& app, Arguments& to) {
  list_option(app, to);
  app.add_option("name", to.name, "name to take out of it; \".x\": with everything below")->required();
  app.add_flag("--again", to.again, "undo it: the list may hold the name again");
}

void by_hand_options(CLI::App& app, Arguments& to) {
  app.add_option("--client", to.clients, "only for these: addresses, prefixes, @groups; without it: everyone");
  app.add_option("--for", to.time, "ends by itself after this: 90s, 30m, 12h, 7d; without it: when it is undone");
}
void host_by_hand_options(CLI::App& app, Arguments& to) {
  app.add_option("host", to.hosts, "names; \".x\": with everything below; \"@list\"")->required();
  by_hand_options(app, to);
}
/// In words: what CLI11 says of a number that is none is its range, digit by digit.
std::string number_of_a_change(const std::string& text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number > 0) return {};
  return "takes the number of a change, as 7; proxyctl status shows them";
}
void undo_options(CLI::App& app, Arguments& to) {
  app.add_option("number", to.number, "of the change; proxyctl status shows it")->required()->check(number_of_a_change);
}

void cache_options(CLI::App& app, Arguments& to) {
  app.add_option("--limit", to.objects, "at most so many objects")->check(CLI::Range(1, 1000))->capture_default_str();
}

void purge_options(CLI::App& app, Arguments& to) {
  auto* what = app.add_option("what", to.what, "a URL, or a host with all that is stored of it");
  app.add_flag("--all", to.all, "everything")->excludes(what);
}

void diff_options(CLI::App& app, Arguments& to) {
  app.add_option("list", to.list, "name of a list; none: the configuration on disk against the one that runs");
}

void reload_options(CLI::App& app, Arguments& to) {
  app.add_option("--confirm", to.confirm, "go back by itself after this time, as 10m, unless `proxyctl confirm` comes");
}

void history_options(CLI::App& app, Arguments& to) {
  app.add_option("--since", to.since, "only of the last 12h, 7d, ...");
}

void drain_options(CLI::App& app, Arguments& to) { app.add_flag("--undo", to.undo, "judge new connections again"); }

constexpr const char* asks = "Asks the daemon.";
constexpr Command commands[] = {
    {"status", false, asks, "Show how the gateway is: since when, how much, and what is not as it should be", status,
     no_options},
    {"health", false, asks, "Say in one line whether new connections are judged; exit status 0 well, 1 not", health,
     no_options},
    {"slow", false, asks, "Say which side is slow: time before, inside and behind Weir, against what is usual", slow,
     no_options},
    {"flows", false, asks, "Show live connections and the last endings", flows, flow_options},
    {"clients", false, asks,
     "Show the devices that were seen: names, addresses, groups, how much, and what was refused", clients, no_options},
    {"top", false, asks, "Show what goes on now: new connections, and the names that move most", top, top_options},
    {"policy", false, asks, "Show the rules in force with how often each decided, or would have", policy,
     policy_options},
    {"reasons", false, asks, "Show why packets and connections ended as they did, with counts", reasons, no_options},
    {"cache", false, asks, "Show what the cache holds, what it saved, and which objects deliver most", cache,
     cache_options},
    {"explain", false, "Asks the daemon; with --config works without one.",
     "Say what would happen to a connection: rule, line, stage, depth and why", explain, explain_options},
    {"who", false, "Reads the access log and the files that it was turned over to; works without a daemon.",
     "Say who asked for a name: first and last time, how often, how much", who, who_options},
    {"doctor", false, "Works without a daemon.",
     "Say whether Weir can run here, what is in its way, and what it adds to the host", doctor, doctor_options},
    {"lists", false, asks, "Show the lists: how many names, how old, and what is held", lists, no_options},
    {"history", false, asks, "Show starts, stops, crashes, reloads, changes by hand and what became of them", history,
     history_options},
    {"diff", false, asks, "Show what the held update of a list, or a reload of the file, would change", diff,
     diff_options},
    {"accept", true, asks, "Take the held update of a list as it is", accept, list_option},
    {"except", true, asks, "Take a name out of a list, for good and whatever its updates say", except, except_options},
    {"block", true, asks, "Refuse a name by hand, above all rules of the file", block, host_by_hand_options},
    {"allow", true, asks, "Open a name by hand, above all rules of the file but locked ones", allow,
     host_by_hand_options},
    {"never", true, asks, "Promise by hand that TLS to a name is never opened; rules by name hold as before", never,
     host_by_hand_options},
    {"pause", true, asks, "Judge nothing for a while: everything passes but what locked rules refuse", pause,
     by_hand_options},
    {"undo", true, asks, "Take back a change made by hand", undo, undo_options},
    {"purge", true, asks, "Forget a stored URL, all of a host, or everything", purge, purge_options},
    {"reload", true, asks, "Put the configuration on disk in force, all or nothing", reload, reload_options},
    {"confirm", true, asks, "Keep what a reload with --confirm put in force", confirm, no_options},
    {"rollback", true, asks, "Put the configuration in force that ran before this one", rollback, no_options},
    {"drain", true, asks, "Judge no new connections: they pass, and those that are held end in peace", drain,
     drain_options},
};

}  // namespace

void declare(CLI::App& app, Arguments& arguments) {
  app.add_option("--socket", arguments.socket, "control socket of the daemon")->capture_default_str();
  app.require_subcommand(1);
  app.fallthrough();  // --socket may stand behind the command
  app.footer("Exit status: 0 done, 1 refused or failed, 2 usage, 3 daemon not running.");
  for (const Command& command : commands) {
    CLI::App* sub = app.add_subcommand(command.name, command.help);
    sub->group(command.changes ? "Commands that change" : "Commands that only read");
    sub->add_flag("--json", arguments.json, "machine-readable, with stable names");
    sub->footer(command.daemon);
    command.declare(*sub, arguments);
  }
}

int run(const CLI::App& app, const Arguments& arguments, const Look& look) {
  for (const Command& command : commands) {
    if (app.got_subcommand(command.name)) return command.run(arguments, look);
  }
  return control::exit_usage;
}

}  // namespace weir::proxyctl
