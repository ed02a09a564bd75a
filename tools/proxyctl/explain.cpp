// What would happen to a connection, and why: the rule, its line, when it is known, how deep, and the steps.
#include <charconv>
#include <expected>
#include <optional>
#include <string>

#include "base/name.h"
#include "load/load.h"
#include "load/zone.h"
#include "policy/explained.h"
#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

namespace {

std::string what_happens(const control::Explained& e) {
  std::string by = e.rule.empty() ? ": no rule matches" : " by \"" + printable(e.rule) + '"';
  if (e.observing && !e.would.empty()) return "allowed: Weir only observes";
  if (e.action == "block") return "blocked" + by;
  if (e.action == "reset") return "reset" + by;
  if (e.action == "redirect") return "redirected" + by;
  if (e.action == "pass") return "passed" + by;
  return "allowed" + by;
}

/// What a shadow or gateway.observe keeps from being done.
std::string what_would(const control::Explained& e) {
  return std::string(e.observing ? "observing, else " : "a shadow, else ") + e.would + " by \"" +
         printable(e.would_rule) + "\", " + printable(e.would_where);
}

std::string stage_words(const control::Explained& e) {
  if (e.stage == "syn") return "at the SYN: by client, destination and port alone";
  if (e.unseen) return "at the hello: this connection names no host, so host conditions were answered without one";
  return "at the hello: when the name of the host is known";
}

}  // namespace

std::string explain_text(const control::Explained& e, const std::string& source, const Look& look) {
  Page page(look);
  std::string to = e.dest.empty() ? "any destination" : printable(e.dest);
  std::string client = printable(e.client.empty() ? e.mac : e.client);
  if (!e.client_name.empty()) client = printable(e.client_name) + " (" + client + ')';
  std::string connection = client + " to " + to + ", port " + std::to_string(e.port) +
                           (e.host.empty() ? ", no name" : ", " + printable(e.host));
  if (e.exempt) {
    page.headline(Mark::fine, "never touched: exempt by configuration", "gateway.exempt");
    page.row("connection", connection);
    page.row("policy", printable(source));
    return page.text();
  }
  page.headline(Mark::fine, what_happens(e), printable(e.where));
  page.row("connection", connection);
  page.row("policy", printable(source));
  if (!e.time.empty()) page.row("time", printable(e.time));
  if (!e.would.empty()) page.row("not done", what_would(e));
  page.row("decided", stage_words(e));
  page.row("depth", spoken_depth(e.depth) + ": " + printable(e.depth_because));
  std::string_view label = "steps";
  for (const control::ExplainStep& step : e.steps) {
    std::string rule = step.rule.empty() ? "" : '"' + printable(step.rule) + "\", ";
    page.row(label, rule + printable(step.where) + ": " + step.answer + ", " + printable(step.because));
    label = "";
  }
  return page.text();
}

std::string refusals_text(const control::Refusals& all, const Look& look) {
  Page page(look);
  for (const control::Refusal& r : all.refusals) {
    const std::string what = r.url.empty() ? printable(r.host.empty() ? r.dst : r.host) : printable(r.url);
    const std::string how = r.action == "block" ? "blocked" : r.action == "redirect" ? "redirected" : "reset";
    page.headline(Mark::fine, how + " by \"" + printable(r.rule) + '"',
                  r.where.empty() ? "that rule is gone" : printable(r.where));
    page.row("code", printable(r.code), "at " + clock_text(seconds_of(r.ts), all.now));
    page.row("client", printable(r.client));
    page.row("wanted", what);
    page.row("from", printable(r.dst) + ", port " + std::to_string(r.dst_port));
    if (!r.host.empty())
      page.hint("proxyctl explain --client " + printable(r.client) + " --host " + printable(r.host) + " --port " +
                std::to_string(r.dst_port));
  }
  return page.text();
}

namespace {

/// What the command line says of the connection; what is wrong with it otherwise.
struct Asked {
  Address client;
  std::optional<Mac> mac;
  std::string device;  ///< a name that leases or hosts files must know
  std::optional<Address> dest;
  std::uint16_t port = 443;
  std::string host;
  policy::Moment time;
};

std::expected<Asked, std::string> read(const Arguments& arguments) {
  Asked asked;
  if (arguments.client.empty()) return std::unexpected("--client: whose connection? or give the code of a block page");
  auto client = Address::parse(arguments.client);
  if (client) asked.client = *client;
  asked.mac = Mac::parse(arguments.client);
  if (!client && !asked.mac) asked.device = device_name(arguments.client).value_or("");
  if (!client && !asked.mac && asked.device.empty())
    return std::unexpected("--client: not an address, a hardware address or a name: " + printable(arguments.client));

  std::string_view dest = arguments.dest;
  if (!dest.empty()) {
    // "A", "A:PORT", "[A]:PORT"; an IPv6 address without brackets has no port.
    std::string_view port;
    if (dest.front() == '[' || !Address::parse(dest)) {
      auto colon = dest.rfind(':');
      if (colon != std::string_view::npos && dest.back() != ']') {
        port = dest.substr(colon + 1);
        dest = dest.substr(0, colon);
      }
      if (dest.size() >= 2 && dest.front() == '[' && dest.back() == ']') dest = dest.substr(1, dest.size() - 2);
    }
    asked.dest = Address::parse(dest);
    if (!asked.dest) return std::unexpected("--dest: not an address: " + printable(arguments.dest));
    if (port.data() != nullptr) {
      auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), asked.port);
      if (error != std::errc() || end != port.data() + port.size() || asked.port == 0) {
        return std::unexpected("--dest: not a port: " + printable(port));
      }
    }
  }
  if (arguments.port != 0) asked.port = static_cast<std::uint16_t>(arguments.port);

  if (!arguments.host.empty()) {
    auto host = normalise_name(arguments.host);
    if (!host) return std::unexpected("--host: not a host name: " + printable(arguments.host));
    asked.host = *host;
  }

  if (!arguments.time.empty()) {
    asked.time = parse_wall(arguments.time);
    if (!asked.time) return std::unexpected("--time: not \"2026-01-02 15:30\": " + printable(arguments.time));
  }
  return asked;
}

/// The client as far as leases and hosts files know it; false: nobody is called so.
bool identify(const Asked& asked, const clients::Directory& directory, policy::Facts& facts) {
  facts.client = asked.client;
  facts.mac = asked.mac ? asked.mac : directory.mac_of(asked.client);
  if (asked.device.empty()) return true;
  const auto device = directory.devices()->find(asked.device);
  if (device == directory.devices()->end()) return false;
  if (!device->second.addresses.empty()) facts.client = device->second.addresses.front();
  if (!device->second.macs.empty()) facts.mac = device->second.macs.front();
  return true;
}

/// By the rules of a file, without a daemon.
int explain_file(const Arguments& arguments, const Asked& asked, const Look& look) {
  load::Loaded loaded = load::load(arguments.config);
  if (!loaded.config) {
    for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
      std::fputs(config::to_text(diagnostic).c_str(), stderr);
    }
    return complain(look, "this configuration cannot be used", "weir --check --config " + arguments.config);
  }
  load::enter_zone(loaded.config->gateway.timezone);
  const policy::Moment moment = asked.time ? asked.time : load::moment_of(std::chrono::system_clock::now());
  auto snapshot = policy::Snapshot::build(*loaded.config, loaded.lists, 1, {},
                                          policy::devices_in(*loaded.config, *loaded.directory));
  policy::Facts facts{.client = {}, .dest = asked.dest.value_or(Address{}), .port = asked.port, .name = asked.host};
  if (!identify(asked, *loaded.directory, facts))
    return complain(look, "no device is called " + printable(asked.device),
                    "weir --check --config " + arguments.config);
  // Whether this kernel can take connections over is the daemon's to know; the file is judged for one that can.
  control::Explained explained = policy::explained(*snapshot, facts, asked.dest.has_value(), /*takeover=*/true, moment);
  explained.client_name = loaded.directory->name_of(facts.client, facts.mac);
  if (arguments.json) {
    std::printf("%s\n", control::json_text(explained).c_str());
  } else {
    std::fputs(explain_text(explained, arguments.config, look).c_str(), stdout);
  }
  return control::exit_done;
}

/// What the code of a block page stands for.
int explain_code(const Arguments& arguments, const Look& look) {
  const Question question{.path = "/v1/refusal", .query = {{"code", arguments.code}}};
  return show<control::Refusals>(arguments, look, question,
                                 [&](const control::Refusals& all) { return refusals_text(all, look); });
}

}  // namespace

int explain(const Arguments& arguments, const Look& look) {
  if (!arguments.code.empty()) return explain_code(arguments, look);
  auto asked = read(arguments);
  if (!asked) return complain(look, asked.error(), "proxyctl explain --help", control::exit_usage);
  if (!arguments.config.empty()) return explain_file(arguments, *asked, look);

  Question question{.path = "/v1/explain",
                    .query = {{"client", arguments.client},
                              {"dest", asked->dest ? asked->dest->to_string() : ""},
                              {"port", std::to_string(asked->port)},
                              {"host", asked->host},
                              {"time", arguments.time}}};
  return show<control::Explained>(arguments, look, question, [&](const control::Explained& explained) {
    return explain_text(explained, "the running one", look);
  });
}

}  // namespace weir::proxyctl
