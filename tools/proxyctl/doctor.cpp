// Before the first start, and when something is odd: can Weir run on this machine, what is in its way, what does it
// add? Looks at the machine itself and changes nothing; whether a daemon runs only tells leftovers from what is in use.
#include <unistd.h>
#include <filesystem>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "load/load.h"
#include "proxyctl/command.h"
#include "proxyctl/format.h"
#include "steer/conflicts.h"
#include "steer/footprint.h"
#include "steer/kernel.h"

namespace weir::proxyctl {

bool Health::well() const {
  return obstacle.empty() &&
         std::none_of(findings.begin(), findings.end(), [](const Finding& f) { return f.mark == Mark::act; });
}

std::string doctor_text(const Health& h, const std::string& config, const Look& look) {
  Page page(look);
  bool attention = std::any_of(h.findings.begin(), h.findings.end(), [](auto& f) { return f.mark == Mark::attention; });
  std::string answer = !h.obstacle.empty() ? "Weir cannot run here"
                       : !h.well()         ? "Weir cannot work here yet"
                       : h.running         ? "Weir runs here"
                                           : "Weir can run here";
  page.headline(!h.well()   ? Mark::act
                : attention ? Mark::attention
                            : Mark::fine,
                answer, "kernel " + printable(h.kernel));
  if (!h.obstacle.empty()) {
    page.row("because", printable(h.obstacle));
  } else {
    page.row("attach", h.tcx ? "tcx links" : "clsact filters",
             h.tcx ? "vanish with the process" : "outlive a crash, then let everything pass");
    page.row("takeover", h.takeover ? "TLS begins on the wire and is taken off it when a rule needs more"
                                    : "not on this kernel: TLS is steered to the daemon at its SYN");
  }
  std::string lan;
  for (const std::string& name : h.lan) lan += (lan.empty() ? "" : ", ") + printable(name);
  if (!lan.empty()) page.row("clients on", lan);
  for (const Health::Finding& f : h.findings) {
    page.trouble(f.mark, printable(f.what), printable(f.why), printable(f.remedy));
  }

  if (h.running) {
    std::string_view label = "has added";
    for (const std::string& line : h.footprint) page.row(std::exchange(label, ""), printable(line));
  } else if (h.obstacle.empty()) {
    char mark[32];
    std::snprintf(mark, sizeof mark, "0x%08x", h.mark);
    page.row("will add", "an ip rule and table " + std::to_string(h.table) + ", nft table weir, four mark bits from " +
                             mark + "; removed on stop");
    if (h.well()) page.hint("weir --check --config " + config + " && weir --config " + config);
  }
  return page.text();
}

namespace {

Mark mark_of(steer::Level level) {
  switch (level) {
    case steer::Level::ok: return Mark::none;
    case steer::Level::attention: return Mark::attention;
    case steer::Level::act: break;
  }
  return Mark::act;
}

Health examine(steer::Site site, const std::string& socket) {
  site.sysctl_state = std::filesystem::path(socket).parent_path() / "sysctl";  // where the daemon keeps it
  site.running = ask(socket, {.path = "/v1/status"}).has_value();
  steer::Features features = steer::probe();
  Health health{.running = site.running,
                .kernel = features.release,
                .obstacle = features.bpf ? "" : features.obstacle,
                .tcx = features.tcx,
                .takeover = features.takeover,
                .lan = site.lan,
                .mark = site.mark,
                .table = site.table,
                .findings = {},
                .footprint = {}};
  for (const steer::Finding& f : steer::find_conflicts(site)) {
    health.findings.push_back({mark_of(f.level), f.what, f.why, f.remedy});
  }
  // What cannot be listed is a finding of find_conflicts() already.
  if (auto lines = steer::list_footprint(site.sysctl_state)) health.footprint = std::move(*lines);
  return health;
}

std::string json_text(const Health& h) {
  constexpr std::string_view levels[] = {"ok", "ok", "attention", "act"};
  nlohmann::ordered_json findings = nlohmann::ordered_json::array();
  for (const Health::Finding& f : h.findings) {
    findings.push_back(
        {{"level", levels[static_cast<int>(f.mark)]}, {"what", f.what}, {"why", f.why}, {"remedy", f.remedy}});
  }
  nlohmann::ordered_json json = {{"well", h.well()},
                                 {"running", h.running},
                                 {"kernel", h.kernel},
                                 {"obstacle", h.obstacle},
                                 {"tcx", h.tcx},
                                 {"takeover", h.takeover},
                                 {"lan", h.lan},
                                 {"mark", h.mark},
                                 {"table", h.table},
                                 {"findings", findings},
                                 {"footprint", h.footprint}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace

int doctor(const Arguments& arguments, const Look& look) {
  if (::geteuid() != 0)
    return complain(look, "doctor needs root: it tries BPF and reads nftables", "sudo proxyctl doctor");

  std::string socket = arguments.socket;
  steer::Site site;
  if (!arguments.config.empty()) {
    load::Loaded loaded = load::load(arguments.config);
    if (!loaded.config) {
      return complain(look, printable(arguments.config) + " has mistakes", "weir --check --config " + arguments.config);
    }
    const config::Gateway& gateway = loaded.config->gateway;
    site.lan = gateway.lan;
    site.wan = gateway.wan;
    site.mark = gateway.mark;
    site.table = gateway.table;
    site.ports = gateway.http;
    site.ports.insert(site.ports.end(), gateway.tls.begin(), gateway.tls.end());
    if (socket == control::default_socket) socket = loaded.config->control.socket;
  }
  if (!arguments.lan.empty()) site.lan = {arguments.lan};

  Health health = examine(std::move(site), socket);
  std::string config = arguments.config.empty() ? "/etc/weir/weir.toml" : arguments.config;
  std::fputs((arguments.json ? json_text(health) : doctor_text(health, config, look)).c_str(), stdout);
  return health.well() ? control::exit_done : control::exit_refused;
}

}  // namespace weir::proxyctl
