#include "flags.h"

#include <CLI/CLI.hpp>

namespace weir {

void declare(CLI::App& app, Flags& flags) {
  app.add_option("--config", flags.config, "configuration file")->capture_default_str();
  auto* check = app.add_flag("--check", flags.check, "say whether the configuration is good, and change nothing");
  auto* up = app.add_flag("--setup", flags.set_up,
                          "prepare the host as root, before the network: kernel settings, and the guard of a gateway "
                          "with on_failure = \"closed\"");
  app.add_flag("--teardown", flags.take_down, "take back what --setup did")->excludes(up)->excludes(check);
  up->excludes(check);
  app.set_version_flag("--version", "weir " WEIR_VERSION);
}

}  // namespace weir
