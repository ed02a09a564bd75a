// Writes the manual pages and completions of both programs: from the table of commands, the flags and the table of
// keys, so that they say what --help says. Usage: weir_manual FOLDER
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "config/keys.h"
#include "flags.h"
#include "manual/completion.h"
#include "manual/page.h"
#include "proxyctl/commands.h"

namespace weir::manual {
namespace {

/// "*--config* `VALUE`", with what its parser knows of it.
std::string title_of(const CLI::Option& option) {
  const bool valued = option.get_expected_max() > 0 && option.get_type_size() != 0;
  if (option.get_positional()) {
    const std::string name = "`" + option.get_name(true) + "`";
    return option.get_required() ? name : "[" + name + "]";
  }
  std::string title;
  for (const std::string& name : option.get_snames()) title += (title.empty() ? "*-" : ", *-") + name + "*";
  for (const std::string& name : option.get_lnames()) title += (title.empty() ? "*--" : ", *--") + name + "*";
  return valued ? title + " `VALUE`" : title;
}

void add_options(const CLI::App& app, Page& page) {
  for (const CLI::Option* option : app.get_options()) {
    std::string text = option->get_description();
    if (!option->get_default_str().empty()) text += " (default: " + option->get_default_str() + ')';
    page.term(title_of(*option), text);
  }
}

std::string weir_page() {
  CLI::App app(about, "weir");
  Flags flags;
  declare(app, flags);
  Page page("weir", 8, "transparent intercepting proxy for Linux gateways");
  page.section("SYNOPSIS");
  page.paragraph("weir [--config FILE] [--check | --setup | --teardown]");
  page.section("DESCRIPTION");
  page.paragraph(
      "A connection of a client begins on the wire, as if there were no proxy, and is taken off it only when the rules "
      "of weir.toml(5) need more than the wire shows.  Nothing is configured on clients, and when Weir dies, the "
      "network "
      "does not.  A running Weir is asked and changed with proxyctl(1).");
  page.section("OPTIONS");
  add_options(app, page);
  page.section("SIGNALS");
  page.term("*SIGHUP*", "puts the changed files in force, all or nothing; opens the logs anew");
  page.term("*SIGUSR1*", "opens the logs anew, after somebody else has turned them over");
  page.term("*SIGTERM*, *SIGINT*",
            "takes no new connections, gives those that run limits.drain, removes all that Weir added to the host; a "
            "second one cuts the wait short");
  page.section("EXIT STATUS");
  page.term("*0*", "stopped as asked, or the configuration is good");
  page.term("*1*", "refused: mistakes in the configuration, or something is in the way; the message says what to do");
  page.term("*2*", "usage");
  page.section("FILES");
  page.term("`/etc/weir/weir.toml`",
            "the configuration; a purge of the package removes it and keeps your other files there");
  page.term("`/var/lib/weir`",
            "what outlives a run: configurations that ran, the history, changes by hand, last "
            "good copies of lists, how long things usually take");
  page.term("`/var/log/weir/access.log`", "one line of JSON a connection or request");
  page.term("`/run/weir/control.sock`", "the socket that proxyctl(1) asks");
  page.term("`/run/weir/control.sock.last`",
            "what proxyctl(1) shows when the socket is silent: the state of the last seconds");
  page.section("SEE ALSO");
  page.paragraph("proxyctl(1), weir.toml(5), systemd.service(5)");
  return page.source();
}

std::string proxyctl_page() {
  CLI::App app(proxyctl::about, "proxyctl");
  proxyctl::Arguments arguments;
  proxyctl::declare(app, arguments);
  Page page("proxyctl", 1, "ask a running Weir, change it, or look at this machine without it");
  page.section("SYNOPSIS");
  page.paragraph("proxyctl [--socket PATH] COMMAND [OPTIONS] [--json]");
  page.section("DESCRIPTION");
  page.paragraph(
      "Nouns read, verbs change.  The first line of an answer is the answer; what to do about it stands behind an "
      "arrow.  "
      "Whoever may write to the control socket of weir(8) may ask: root and its group.");
  page.section("OPTIONS");
  add_options(app, page);
  page.section("COMMANDS");
  std::string group;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    std::string title = "*" + command->get_name() + "*";
    for (const CLI::Option* option : command->get_options()) {
      if (option->get_positional()) title += ' ' + title_of(*option);
    }
    page.term(title, command->get_description() + ".  " + command->get_footer());
    for (const CLI::Option* option : command->get_options()) {
      if (option->get_lnames() == std::vector<std::string>{"help"} ||
          option->get_lnames() == std::vector<std::string>{"json"})
        continue;
      page.more(option->get_name(false, true) + ": " + option->get_description());
    }
  }
  page.paragraph("Every command takes --json: machine-readable, with stable names.");
  page.section("EXIT STATUS");
  page.term("*0*", "done");
  page.term("*1*", "refused or failed");
  page.term("*2*", "usage");
  page.term("*3*", "the daemon is not running");
  page.section("SEE ALSO");
  page.paragraph("weir(8), weir.toml(5)");
  return page.source();
}

void add_key(const config::Key& key, Page& page) {
  std::string text = std::string(key.doc) + ".  Type: " + std::string(key.type);
  if (key.fallback == config::Key::required) {
    text += ", required";
  } else if (!key.fallback.empty()) {
    text += ", default " + std::string(key.fallback);
  }
  if (key.applies == config::Key::Applies::restart) text += "; a change takes effect at the next start";
  page.term("*" + std::string(key.leaf()) + "*", text + '.');
}

std::string config_page(const std::string& example) {
  Page page("weir.toml", 5, "configuration of Weir");
  page.section("DESCRIPTION");
  page.paragraph(
      "One file in TOML.  The first rule that matches decides; what no rule matches is allowed.  weir --check lists "
      "every mistake with its line.  Unknown keys are mistakes.");
  page.paragraph(
      "Durations are written 250ms, 90s, 30m, 12h or 7d, sizes 512 KiB, 256 MiB or 20 GiB.  \"!\" in front of an "
      "element "
      "of a list of matches means not; \".x\" is the name x and everything below it; \"@x\" is the list or group x.");
  page.section("FILES AT THE TOP");
  page.term("*include*",
            "list of further files, relative to this one; sections merge, a key given twice is a mistake.");
  for (const std::string_view section : config::sections()) {
    page.section(config::repeats(section) ? "[[" + std::string(section) + "]]" : "[" + std::string(section) + "]");
    for (const config::Key& key : config::keys()) {
      if (key.section() == section) add_key(key, page);
    }
  }
  page.section("EXAMPLE");
  page.example(example);
  page.section("SEE ALSO");
  page.paragraph("weir(8), proxyctl(1)");
  return page.source();
}

bool write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) std::fprintf(stderr, "weir_manual: cannot write %s\n", path.c_str());
  return static_cast<bool>(file);
}

/// NAME.bash and _NAME.
template <class Program>
bool write_completions(const std::filesystem::path& folder, const char* about_it, const std::string& name,
                       Program&& declare_it) {
  CLI::App app(about_it, name);
  declare_it(app);
  return write(folder / (name + ".bash"), completion(app)) && write(folder / ('_' + name), zsh_completion(app));
}

int main(const std::filesystem::path& folder) {
  std::error_code ignored;  // shows when the first file is written
  std::filesystem::create_directories(folder, ignored);
  std::ifstream shipped(WEIR_SOURCE_DIR "/package/weir.toml");
  const std::string example(std::istreambuf_iterator<char>(shipped), {});
  Flags flags;
  proxyctl::Arguments arguments;
  const bool done =
      write(folder / "weir.8", weir_page()) && write(folder / "proxyctl.1", proxyctl_page()) &&
      write(folder / "weir.toml.5", config_page(example)) &&
      write_completions(folder, about, "weir", [&](CLI::App& app) { declare(app, flags); }) &&
      write_completions(folder, proxyctl::about, "proxyctl", [&](CLI::App& app) { proxyctl::declare(app, arguments); });
  return done ? 0 : 1;
}

}  // namespace
}  // namespace weir::manual

int main(int argc, char** argv) {
  if (argc == 2) return weir::manual::main(argv[1]);
  std::fputs("Usage: weir_manual FOLDER\n", stderr);
  return 2;
}
