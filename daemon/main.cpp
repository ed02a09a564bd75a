// weir: flags, configuration, the world, its run, the exit status.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/units.h"
#include "control/steward.h"
#include "flags.h"
#include "load/archive.h"
#include "load/load.h"
#include "load/zone.h"
#include "policy/policy.h"
#include "run/log.h"
#include "run/setup.h"
#include "run/world.h"

namespace {

using namespace weir;

constexpr int exit_refused = 1, exit_usage = 2;

void print(const std::vector<config::Diagnostic>& diagnostics) {
  for (const auto& diagnostic : diagnostics) std::fputs(config::to_text(diagnostic).c_str(), stderr);
}

std::size_t errors_in(const std::vector<config::Diagnostic>& diagnostics) {
  return std::ranges::count(diagnostics, config::Severity::error, &config::Diagnostic::severity);
}

int refuse(const std::string& path, const load::Loaded& loaded) {
  const std::size_t mistakes = errors_in(loaded.diagnostics);
  std::fprintf(stderr, "%s: refused, %zu mistake%s\n", path.c_str(), mistakes, mistakes == 1 ? "" : "s");
  return exit_refused;
}

/// "list ads: 1,204 names, adblock rules, 35 of them not about names"
void print_list(const std::string& name, const load::ListFacts& facts) {
  std::string line =
      "list " + name + ": " + plural(facts.names, "name", "names") + ", " + std::string(text(facts.format));
  if (facts.other > 0) line += "; " + plural(facts.other, "rule or file", "rules or files") + " not about names";
  if (facts.unreadable > 0) line += "; " + plural(facts.unreadable, "line", "lines") + " not understood";
  if (facts.bare > 0) line += "; bare names mean themselves alone (match = \"tree\": and what is below)";
  std::printf("%s\n", line.c_str());
}

/// "names of 12 devices: /etc/hosts (hosts file), /var/lib/misc/dnsmasq.leases (dnsmasq leases)"
void print_names(const load::Loaded& loaded) {
  std::string files;
  for (const load::NameSource& source : loaded.names) {
    if (!source.failure.empty()) continue;
    files += (files.empty() ? "" : ", ") + source.path + " (" + std::string(clients::text(source.file.format));
    if (source.file.unreadable > 0) files += ", " + plural(source.file.unreadable, "line", "lines") + " not understood";
    files += source.file.cut ? ", not all of it)" : ")";
  }
  const std::string names = plural(loaded.directory->devices()->size(), "name", "names");
  if (!files.empty()) std::printf("%s of devices: %s\n", names.c_str(), files.c_str());
}

/// What holds, in a line a list and one for all, and what the kernel's tables could not take.
int check(const load::Loaded& loaded) {
  const auto snapshot =
      policy::Snapshot::build(*loaded.config, loaded.lists, 1, load::moment_of(std::chrono::system_clock::now()),
                              policy::devices_in(*loaded.config, *loaded.directory));
  const auto plan = snapshot->plan(NameHasher::random());
  for (const std::string& what : plan.over_limit)
    std::fprintf(stderr, "warning: %s\n  → these connections are judged by the daemon, not on the wire\n",
                 what.c_str());
  for (const auto& [name, facts] : loaded.facts) print_list(name, facts);
  print_names(loaded);
  const config::Config& config = *loaded.config;
  std::string held =
      plural(config.rules.size(), "rule", "rules") + ", " + plural(config.groups.size(), "group", "groups") + ", ";
  if (!config.client_limits.empty()) held += plural(config.client_limits.size(), "limit", "limits") + ", ";
  held += plural(config.lists.size(), "list", "lists") + ", " + plural(plan.names.size(), "name", "names");
  std::printf("%s: good, %s\n", config.files.front().c_str(), held.c_str());
  return 0;
}

/// As root, once a boot.
int set_up_or_down(const Flags& flags, const std::string& record) {
  std::expected<void, steer::Obstacle> done;
  bool good = true;
  if (flags.take_down) {
    done = run::take_down(record);
  } else {
    const auto kept = load::kept_instead(flags.config, std::chrono::system_clock::now());
    load::Read read = kept ? load::read_config(*kept) : load::read_config(flags.config);
    // Warnings are the daemon's to tell.
    std::erase_if(read.parsed.diagnostics, [](const auto& d) { return d.severity != config::Severity::error; });
    print(read.parsed.diagnostics);
    good = read.parsed.config.has_value();
    done = run::set_up(read.parsed, record);
  }
  if (!done) std::fprintf(stderr, "weir: %s\n  → %s\n", done.error().what.c_str(), done.error().remedy.c_str());
  return done && good ? 0 : exit_refused;
}

/// Where only root writes.  systemd names the folder of the unit.
std::string record_of_setup() {
  const char* folder = std::getenv("RUNTIME_DIRECTORY");
  return std::string(folder ? folder : "/run/weir-setup") + "/sysctl";
}

int cannot_start(const steer::Obstacle& obstacle) {
  std::fprintf(stderr, "weir: cannot start: %s\n  → %s\n", obstacle.what.c_str(), obstacle.remedy.c_str());
  return exit_refused;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(about, "weir");
  Flags flags;
  declare(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) ? exit_usage : 0;
  }
  if (flags.set_up || flags.take_down) return set_up_or_down(flags, record_of_setup());

  load::Loaded loaded =
      flags.check ? load::load(flags.config) : load::load_to_start(flags.config, std::chrono::system_clock::now());
  print(loaded.diagnostics);
  if (!loaded.config) return refuse(flags.config, loaded);
  load::enter_zone(loaded.config->gateway.timezone);  // before the first thread
  if (flags.check) return check(loaded);

  if (auto alone = control::Steward::alone(*loaded.config); !alone) return cannot_start(alone.error());
  control::Steward::block_signals();  // before the first thread, so that every thread inherits it
  run::start_log();
  run::events().reopen(run::event_settings(loaded.config->log));
  auto world = run::World::start(flags.config, std::move(loaded));
  if (!world) return cannot_start(world.error());
  auto steward = control::Steward::open(**world);
  if (!steward) return cannot_start(steward.error());
  std::puts("weir: ready");
  std::fflush(stdout);
  (*steward)->run();
  return 0;
}
