// Outside failures are values: Result<T> is a T or an Error.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>
#include <system_error>

#include "weir/words.h"

namespace weir {

/// One value per row of include/weir/errc.def, which also holds HTTP status, side, retry rule and text.
enum class Errc : std::uint8_t {
#define WEIR_ERRC(name, status, side, retry, text) name,
#include "weir/errc.def"
#undef WEIR_ERRC
};

/// A failure: what, and the system's own reason where there is one.  No strings, no heap.
struct Error {
  Errc code;
  std::error_code cause = {};

  friend bool operator==(const Error& a, const Error& b) { return a.code == b.code; }
  friend bool operator==(const Error& a, Errc b) { return a.code == b; }
};

template <class T>
using Result = std::expected<T, Error>;

/// Makes a failure: `return fail(Errc::closed);`
inline std::unexpected<Error> fail(Errc code, std::error_code cause = {}) {
  return std::unexpected(Error{code, cause});
}
/// A failed system call, with errno as its cause.
std::unexpected<Error> fail_errno(Errc code = Errc::system);

std::string_view name(Errc code);  ///< "head_malformed"
std::string_view text(Errc code);  ///< words for people
int http_status(Errc code);        ///< 0: close without an answer
Side side(Errc code);
bool retry_on_fresh(Errc code);  ///< whether a request may be tried again if the failed connection was a reused one

}  // namespace weir
