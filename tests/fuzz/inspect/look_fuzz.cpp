// Any bytes, shown whole and shown in two ways cut: the finding must be the same, and what it claims must hold.

#include <cstdint>
#include <cstdlib>

#include "base/name.h"
#include "inspect/look.h"

namespace {

using weir::Bytes;
using weir::inspect::Finding;
using Kind = Finding::Kind;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Shows `bytes` in steps of `step`, as a slow client would send them.
Finding look(Bytes bytes, std::size_t step) {
  weir::inspect::Look look;
  Finding found;
  for (std::size_t seen = 0; seen < bytes.size();) {
    seen = std::min(seen + step, bytes.size());
    found = look(bytes.first(seen));
    if (found.kind != Kind::incomplete) return found;
    require(found.wants > seen && found.wants <= weir::inspect::max_look);
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  const Finding whole = look(bytes, size == 0 ? 1 : size);
  const std::size_t odd = size == 0 ? 1 : 1 + data[size - 1] % 61;
  for (const std::size_t step : {odd, std::size_t{1}}) {
    if (size > 8192 && step == 1) continue;
    const Finding cut = look(bytes, step);
    require(cut.kind == whole.kind && cut.why == whole.why);
    require(cut.hello.server_name == whole.hello.server_name && cut.hello.alpn == whole.hello.alpn);
  }
  if (!whole.hello.server_name.empty()) {
    require(weir::normalise_name(whole.hello.server_name) == whole.hello.server_name);
  }
  require((whole.kind == Kind::malformed) == !whole.why.empty());
  return 0;
}
