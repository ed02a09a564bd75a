// What Weir itself says to an HTTP client: the block page and short plain refusals.  Complete responses as octets.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::engine {

/// How an answer fits its request.
struct AnswerTo {
  bool head = false;        ///< to HEAD: the fields alone
  bool close = false;       ///< say "Connection: close"
  bool keep_alive = false;  ///< say "Connection: keep-alive": an HTTP/1.0 client asked for it
};

/// What a person whom a rule refuses is told.
struct Refused {
  std::string_view rule;
  std::string_view host;
  std::string_view contact;  ///< whom to ask; empty: nobody
  std::string_view code;     ///< under which the operator finds this refusal
};
/// 403, a page for people.  Never stored by anyone.
std::string block_page(const Refused& refused, AnswerTo to);

/// 302 to `location`, with a line for those who do not follow it.  Never stored: the rule may end.
std::string redirection(std::string_view rule, std::string_view location, AnswerTo to);

/// The error's status with its text as a plain line.  Only for errors that have a status.
std::string refusal(Errc code, AnswerTo to);

/// 200 without content: the answer of the last hop to OPTIONS (RFC 9110 §9.3.7).
std::string empty_answer(AnswerTo to);

}  // namespace weir::engine
