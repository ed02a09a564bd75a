// What do the first bytes of a connection say?  They are looked at, never consumed: the connection may yet be spliced.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "inspect/hello.h"

namespace weir::inspect {

struct Finding {
  enum class Kind : std::uint8_t {
    incomplete,  ///< a prefix of something: look again when at least `wants` bytes are there
    tls,         ///< a whole ClientHello: `hello`
    http,        ///< begins as a request head does; http/ is the one parser that reads it
    other,       ///< neither TLS nor HTTP
    malformed,   ///< meant to be TLS, and two readers could read it differently: `why`
  };
  Kind kind = Kind::incomplete;
  std::size_t wants = 0;      ///< of incomplete: total bytes since the connection began, never more than max_look
  Hello hello = {};           ///< of tls
  std::string_view why = {};  ///< of malformed; lives for ever
};

/// The longest ClientHello: body without its handshake header.  Real ones stay below 4 KiB, with post-quantum keys and
/// tickets below 16 KiB.
inline constexpr std::size_t max_hello = 64 * 1024;
/// The most bytes ever looked at, record headers included.  A hello cut into so small records that it needs more is
/// malformed: whoever peeks needs a receive buffer of this size.
inline constexpr std::size_t max_look = 96 * 1024;

/// Looks at a growing prefix of what a client sent.  Every byte is read once, however often it is shown.
/// Source: RFC 8446 §5.1 (records), §4 (handshake header); RFC 9112 §3.1 (method).
class Look {
 public:
  /// `seen` is everything received so far, beginning with the connection's first byte; at least as long as last time.
  Finding operator()(Bytes seen);

 private:
  Finding records(Bytes seen);
  Finding whole_hello(Bytes hello) const;

  std::size_t at_ = 0;             ///< records before this offset have been read
  std::vector<std::byte> joined_;  ///< handshake bytes of those records
};

}  // namespace weir::inspect
