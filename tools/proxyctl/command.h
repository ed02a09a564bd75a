// What a command of proxyctl is: a row in the table of commands.cpp, and a function in the file of its name.
#pragma once

#include <cstdint>
#include <cstdio>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxyctl/client.h"
#include "proxyctl/format.h"
#include "proxyctl/text.h"
#include "shapes/json.h"

namespace weir::proxyctl {

/// Everything that can stand on the command line; a command declares the ones it takes.
struct Arguments {
  std::string socket{control::default_socket};
  bool json = false;
  std::string client;
  std::string dest;
  std::string host;
  std::string config;
  std::string time;
  std::string which;
  std::string lan;
  std::string list;
  std::string name;
  std::string what;  ///< URL or host to purge
  std::vector<std::string> hosts;
  std::vector<std::string> clients;
  unsigned number = 0;
  std::string code;  ///< of a block page
  std::string since;
  std::string from, to;  ///< of a span of time
  std::string log;
  std::string confirm;
  std::string every = "5s";
  bool once = false;
  unsigned port = 0;
  unsigned limit = 20;
  unsigned objects = 10;
  bool failed = false;
  bool again = false;
  bool all = false;
  bool undo = false;
};

/// The commands return the exit status of the program (control::Exit).
int status(const Arguments& arguments, const Look& look);
int health(const Arguments& arguments, const Look& look);
int slow(const Arguments& arguments, const Look& look);
int flows(const Arguments& arguments, const Look& look);
int clients(const Arguments& arguments, const Look& look);
int policy(const Arguments& arguments, const Look& look);
int reasons(const Arguments& arguments, const Look& look);
int lists(const Arguments& arguments, const Look& look);
int diff(const Arguments& arguments, const Look& look);
int accept(const Arguments& arguments, const Look& look);
int except(const Arguments& arguments, const Look& look);
int reload(const Arguments& arguments, const Look& look);
int confirm(const Arguments& arguments, const Look& look);
int rollback(const Arguments& arguments, const Look& look);
int config_diff(const Arguments& arguments, const Look& look);
int history(const Arguments& arguments, const Look& look);
int drain(const Arguments& arguments, const Look& look);
int cache(const Arguments& arguments, const Look& look);
int block(const Arguments& arguments, const Look& look);
int allow(const Arguments& arguments, const Look& look);
int never(const Arguments& arguments, const Look& look);
int pause(const Arguments& arguments, const Look& look);
int undo(const Arguments& arguments, const Look& look);
int purge(const Arguments& arguments, const Look& look);
int explain(const Arguments& arguments, const Look& look);
int top(const Arguments& arguments, const Look& look);
int who(const Arguments& arguments, const Look& look);
int doctor(const Arguments& arguments, const Look& look);

/// A failure on standard error, in the form of every answer.  Returns `status`.
int complain(const Look& look, std::string_view what, std::string_view remedy, int status = control::exit_refused);
/// What went wrong between this program and the daemon, and the exit status for it.
int complain(const Look& look, const Unanswered& unanswered);

/// What is known of a daemon that does not answer, if it left a page: prints that, as JSON with the words beside it on
/// standard error.  Returns the exit status.
std::optional<int> show_last_page(const Arguments& arguments, const Look& look, const Unanswered& unanswered);
/// The same in short.
std::optional<control::Health> last_known_health(const std::string& socket, const Unanswered& unanswered);

/// Prints the daemon's JSON as it came, or `text` of it.  `text` takes a T.
template <class T, class Text>
int show(const Arguments& arguments, const Look& look, const std::expected<Answer, Unanswered>& answer, Text&& text) {
  if (!answer) return complain(look, answer.error());

  int exit = answer->status == 200 ? control::exit_done : control::exit_refused;
  if (const auto refusal = control::refusal_in(answer->body)) {
    const bool usage = answer->status == 400;
    return complain(look, printable(*refusal), "", usage ? control::exit_usage : exit);
  }
  if (arguments.json) {
    std::printf("%s\n", answer->body.c_str());
    return exit;
  }
  const auto shape = control::parse_json<T>(answer->body);
  if (!shape) return complain(look, "the daemon's answer is not understood; --json shows it as it is", "");
  std::fputs(std::string(text(*shape)).c_str(), stdout);
  return exit;
}

/// Asks the daemon first.
template <class T, class Text>
int show(const Arguments& arguments, const Look& look, const Question& question, Text&& text) {
  return show<T>(arguments, look, ask(arguments.socket, question), std::forward<Text>(text));
}

}  // namespace weir::proxyctl
