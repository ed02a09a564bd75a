// The table of all commands.  One row makes a command's parser, its help, its part of the manual and its completion;
// nouns read, verbs change.
#pragma once

#include "proxyctl/command.h"

namespace CLI {
class App;
}

namespace weir::proxyctl {

inline constexpr const char* about = "Asks a running Weir, changes it, or looks at this machine without it.";

/// What may stand on the command line; what stood there is in `arguments`, which outlives `app`.
void declare(CLI::App& app, Arguments& arguments);
/// The command that was given.  Returns the exit status of the program.
int run(const CLI::App& app, const Arguments& arguments, const Look& look);

}  // namespace weir::proxyctl
