// The command line of weir, for the program and for its manual.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace weir {

struct Flags {
  std::string config = "/etc/weir/weir.toml";
  bool check = false;
  bool set_up = false;
  bool take_down = false;
};

inline constexpr const char* about = "Weir: a transparent intercepting proxy for Linux gateways.";

/// What may stand on the command line; what stood there is in `flags`, which outlives `app`.
void declare(CLI::App& app, Flags& flags);

}  // namespace weir
