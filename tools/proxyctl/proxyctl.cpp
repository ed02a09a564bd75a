// proxyctl: what the operator types.
#include <langinfo.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <clocale>
#include <cstdlib>
#include <cstring>

#include "proxyctl/commands.h"

namespace weir::proxyctl {
namespace {

Look look() {
  std::setlocale(LC_ALL, "");
  Look look;
  look.utf8 = std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
  if (!::isatty(STDOUT_FILENO)) return look;
  look.marks = look.utf8 ? Look::Marks::unicode : Look::Marks::ascii;
  const char* no_colour = std::getenv("NO_COLOR");
  look.colour = no_colour == nullptr || *no_colour == '\0';
  return look;
}

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(about, "proxyctl");
  declare(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? control::exit_done : control::exit_usage;
  }
  return run(app, arguments, look());
}

}  // namespace
}  // namespace weir::proxyctl

int main(int argc, char** argv) { return weir::proxyctl::main(argc, argv); }
