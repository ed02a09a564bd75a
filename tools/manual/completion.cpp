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

// --- zsh -------------------------------------------------------------------------------------------------------------

/// As a word of the shell, whatever is in it.
std::string as_word(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + '\'';
}

/// Where a bracket or a colon would end it.
std::string description(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// What zsh offers for a value: files where it is a path, its words, else nothing but what it is.
std::string values_of(const CLI::Option& option, const std::string& name) {
  const std::string words = words_of(option);
  return ':' + name + ':' + (name == "config" || name == "socket" ? "_files" : words.empty() ? " " : "(" + words + ')');
}

/// The words of _arguments(1) for the options of one level; `above`: those that may stand behind any command.
std::string arguments_of(const CLI::App& app, const CLI::App* above) {
  std::string all;
  unsigned place = 0;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      const std::string at = option->get_expected_max() > 1 ? "*" : std::to_string(++place);
      all += ' ' + as_word(at + values_of(*option, option->get_name(true)));
      continue;
    }
    const std::string text = '[' + description(option->get_description()) + ']';
    for (const std::string& name : option->get_snames()) all += ' ' + as_word('-' + name + text);
    for (const std::string& name : option->get_lnames()) {
      const bool valued = takes_value(*option);
      all += ' ' + as_word("--" + name + (valued ? "=" : "") + text + (valued ? values_of(*option, name) : ""));
    }
  }
  if (!above) return all;
  for (const CLI::Option* option : above->get_options()) {
    for (const std::string& name : option->get_lnames()) {
      if (takes_value(*option))
        all +=
            ' ' + as_word("--" + name + "=[" + description(option->get_description()) + ']' + values_of(*option, name));
    }
  }
  return all;
}

}  // namespace

std::string zsh_completion(const CLI::App& app) {
  const std::string name = app.get_name();
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  const std::string script =
      "#compdef " + name + "\n# zsh completion for " + name + "; made from its table of commands.\n";
  if (commands.empty()) return script + "_arguments" + arguments_of(app, nullptr) + '\n';
  std::string named, cases;
  for (const CLI::App* command : commands) {
    named += "    " + as_word(command->get_name() + ':' + command->get_description()) + '\n';
    cases += "      " + command->get_name() + ") _arguments" + arguments_of(*command, &app) + " ;;\n";
  }
  return script + "local curcontext=$curcontext state line ret=1\nlocal -A opt_args\n_arguments -C" +
         arguments_of(app, nullptr) +
         " '1:command:->command' '*::argument:->argument' && ret=0\ncase $state in\n  command)\n    local -a "
         "commands=(\n" +
         named + "    )\n    _describe command commands && ret=0 ;;\n  argument)\n    case $line[1] in\n" + cases +
         "    esac && ret=0 ;;\nesac\nreturn ret\n";
}

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
