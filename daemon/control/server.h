// The HTTP server of the control socket, and of those who watch: small and strict.  One request a connection, no body,
// a few at a time; whoever is slow, large or wrong is refused with words and closed.
#pragma once

#include <functional>
#include <string_view>

#include "base/fd.h"
#include "control/answers.h"
#include "io/loop.h"
#include "io/task.h"

namespace weir::control {

inline constexpr std::size_t most_clients = 16;                ///< at once; a further one is closed unanswered
inline constexpr std::size_t most_head = 8 << 10;              ///< bytes of a request: 431
inline constexpr Duration patience = std::chrono::seconds(5);  ///< for the whole request, and for the answer: 408

/// A method and a target in, an answer out.
using Handler = std::function<Answer(std::string_view method, std::string_view target)>;

/// Answers on `listening` (see Socket) until the task's group is stopped.  Handlers run on the loop's thread.
/// Errors: system, when the socket cannot be used.
io::Task<Result<void>> serve(io::Loop& loop, Fd listening, Handler handler);

}  // namespace weir::control
