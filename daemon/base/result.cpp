#include "base/result.h"

#include <cerrno>

namespace weir {

namespace {

struct Row {
  std::string_view name;
  int status;
  Side side;
  bool retry;
  std::string_view text;
};

constexpr Row rows[] = {
#define WEIR_ERRC(name, status, side, retry, text) {#name, status, Side::side, retry, text},
#include "weir/errc.def"
#undef WEIR_ERRC
};

const Row& row(Errc code) { return rows[static_cast<std::size_t>(code)]; }

}  // namespace

std::unexpected<Error> fail_errno(Errc code) { return fail(code, std::error_code(errno, std::system_category())); }

std::string_view name(Errc code) { return row(code).name; }
std::string_view text(Errc code) { return row(code).text; }
int http_status(Errc code) { return row(code).status; }
Side side(Errc code) { return row(code).side; }
bool retry_on_fresh(Errc code) { return row(code).retry; }

}  // namespace weir
