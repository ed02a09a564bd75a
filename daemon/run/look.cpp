#include "run/look.h"

#include <algorithm>
#include <vector>

#include "io/deadline.h"

namespace weir::run {
namespace {

Looked ended(Looked::End end) { return {.end = end}; }

}  // namespace

io::Task<Looked> look(io::Tcp& client, io::Wheel& wheel, Duration patience, Duration whole) {
  std::vector<std::byte> buffer(4096);  // most hellos fit; a longer one says so
  inspect::Look reader;
  io::Deadline deadline(wheel, client, patience.count() ? patience : whole);
  for (std::size_t seen = 0;;) {
    auto peeked = co_await client.peek_past(seen, buffer);
    if (!peeked) {
      if (peeked.error() == Errc::timed_out) co_return ended(seen ? Looked::End::slow : Looked::End::silent);
      co_return Looked{.end = Looked::End::failed, .error = peeked.error()};
    }
    if (seen == 0) deadline.restart(whole);
    if (peeked->bytes.empty()) co_return ended(Looked::End::closed);

    inspect::Finding finding = reader(peeked->bytes);
    if (finding.kind != inspect::Finding::Kind::incomplete) co_return Looked{.finding = std::move(finding)};
    if (peeked->ended) co_return ended(Looked::End::closed);
    seen = peeked->bytes.size();
    if (seen == buffer.size()) buffer.resize(std::min(std::max(finding.wants, 2 * seen), inspect::max_look));
  }
}

}  // namespace weir::run
