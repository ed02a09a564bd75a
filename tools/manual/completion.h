// Completion for bash, of a program as its parser knows it.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace weir::manual {

/// A script that needs nothing but bash.
std::string completion(const CLI::App& app);

}  // namespace weir::manual
