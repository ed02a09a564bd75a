// weir: flags, configuration, the world, its run, the exit status.
#include <systemd/sd-daemon.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>

#include "base/units.h"
#include "control/steward.h"
#include "load/load.h"
#include "load/zone.h"
#include "policy/policy.h"
#include "run/log.h"
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
  std::string line = "list " + name + ": " + count_text(facts.names) + " names, " + std::string(text(facts.format));
  if (facts.other > 0) line += "; " + count_text(facts.other) + " rules or files not about names";
  if (facts.unreadable > 0) line += "; " + count_text(facts.unreadable) + " lines not understood";
  if (facts.bare > 0) line += "; bare names mean themselves alone (match = \"tree\": and what is below)";
  std::printf("%s\n", line.c_str());
}

/// What holds, in a line a list and one for all, and what the kernel's tables could not take.
int check(const load::Loaded& loaded) {
  const auto snapshot =
      policy::Snapshot::build(*loaded.config, loaded.lists, 1, load::moment_of(std::chrono::system_clock::now()));
  const auto plan = snapshot->plan(NameHasher::random());
  for (const std::string& what : plan.over_limit)
    std::fprintf(stderr, "warning: %s\n  → these connections are judged by the daemon, not on the wire\n",
                 what.c_str());
  for (const auto& [name, facts] : loaded.facts) print_list(name, facts);
  std::printf("%s: good, %zu rules, %zu groups, %zu lists, %zu names\n", loaded.config->files.front().c_str(),
              loaded.config->rules.size(), loaded.config->groups.size(), loaded.config->lists.size(),
              plan.names.size());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Weir: a transparent intercepting proxy for Linux gateways.", "weir");
  std::string path = "/etc/weir/weir.toml";
  bool only_check = false;
  app.add_option("--config", path, "configuration file")->capture_default_str();
  app.add_flag("--check", only_check, "say whether the configuration is good, and change nothing");
  app.set_version_flag("--version", "weir " WEIR_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) ? exit_usage : 0;
  }

  load::Loaded loaded = load::load(path);
  print(loaded.diagnostics);
  if (!loaded.config) return refuse(path, loaded);
  load::enter_zone(loaded.config->gateway.timezone);  // before the first thread
  if (only_check) return check(loaded);

  if (auto alone = control::Steward::alone(*loaded.config); !alone) {
    std::fprintf(stderr, "weir: cannot start: %s\n  → %s\n", alone.error().what.c_str(), alone.error().remedy.c_str());
    return exit_refused;
  }
  control::Steward::block_signals();  // before the first thread, so that every thread inherits it
  run::start_log();
  run::events().reopen(run::event_settings(loaded.config->log));
  auto world = run::World::start(path, std::move(loaded));
  if (!world) {
    std::fprintf(stderr, "weir: cannot start: %s\n  → %s\n", world.error().what.c_str(), world.error().remedy.c_str());
    return exit_refused;
  }
  auto steward = control::Steward::open(**world);
  if (!steward) {
    std::fprintf(stderr, "weir: cannot start: %s\n  → %s\n", steward.error().what.c_str(),
                 steward.error().remedy.c_str());
    return exit_refused;
  }
  std::puts("weir: ready");
  std::fflush(stdout);
  sd_notify(0, "READY=1");
  (*steward)->run();
  return 0;
}
