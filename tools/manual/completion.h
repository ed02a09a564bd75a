// Completion for bash, of a program as its parser knows it.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace weir::manual {

/// A script that needs nothing but bash.
std::string completion(const CLI::App& app);
/// The same for zsh(1), to be called _NAME in a folder of $fpath.
std::string zsh_completion(const CLI::App& app);

}  // namespace weir::manual
