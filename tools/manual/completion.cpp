#include "manual/completion.h"

#include <CLI/CLI.hpp>

namespace weir::manual {

namespace {

/// "{a,b}" in the type of an option: the only words that it takes.
std::string words_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto open = type.find('{'), close = type.find('}');
  if (open == type.npos || close == type.npos) return {};
  std::string words = type.substr(open + 1, close - open - 1);
  for (char& c : words) {
    if (c == ',') c = ' ';
  }
  return words;
}

bool takes_value(const CLI::Option& option) { return option.get_expected_max() > 0 && option.get_type_size() != 0; }

/// What may follow: its options, and the words of its positionals.
std::string offers(const CLI::App& app) {
  std::string all;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) all += (all.empty() ? "--" : " --") + name;
    if (!option->get_positional()) continue;
    if (const std::string words = words_of(*option); !words.empty()) all += ' ' + words;
  }
  return all;
}

/// What comes behind an option that takes a value: files where it is a path, its words, else nothing.
void add_values(const CLI::App& app, std::string& files, std::string& others) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      if (!takes_value(*option)) continue;
      std::string& into = name == "config" || name == "socket" ? files : others;
      if (('|' + into + '|').find("|--" + name + '|') != std::string::npos) continue;
      into += (into.empty() ? "--" : "|--") + name;
    }
  }
}

}  // namespace

std::string completion(const CLI::App& app) {
  std::string files, others, commands, cases;
  add_values(app, files, others);
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    add_values(*command, files, others);
    commands += (commands.empty() ? "" : " ") + command->get_name();
    cases += "    " + command->get_name() + ") offers=\"" + offers(*command) + " --socket\" ;;\n";
  }
  const std::string name = app.get_name();
  std::string script = "# bash completion for " + name + "; made from its table of commands.\n_" + name +
                       "() {\n  local now=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= word\n"
                       "  COMPREPLY=()\n  case $before in\n";
  if (!files.empty()) script += "    " + files + ") COMPREPLY=($(compgen -f -- \"$now\")); return ;;\n";
  if (!others.empty()) script += "    " + others + ") return ;;\n";
  script += "  esac\n";
  if (!commands.empty()) {
    script += "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case \" " + commands +
              " \" in *\" $word \"*) command=$word; break ;; esac\n  done\n";
  }
  script += "  local offers=\"" + offers(app) + (commands.empty() ? "" : ' ' + commands) + "\"\n";
  if (!cases.empty()) script += "  case $command in\n" + cases + "  esac\n";
  return script + "  COMPREPLY=($(compgen -W \"$offers\" -- \"$now\"))\n}\ncomplete -o filenames -F _" + name + ' ' +
         name + '\n';
}

}  // namespace weir::manual
