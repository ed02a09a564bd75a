// HTTP/1.1 heads from bytes (RFC 9112), stricter than the RFC allows a server to be: what two readers could read
// differently is refused, because behind this gateway stands another reader.  Sans-I/O: bytes in, values out.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "http/head.h"

namespace weir::http {

struct HeadLimits {
  std::size_t bytes = 64 << 10;   ///< of the whole head: head_too_large (431)
  std::size_t fields = 512;       ///< head_too_large (431)
  std::size_t target = 16 << 10;  ///< of the request line: target_too_long (414); RFC 9112 §3 asks for 8,000 at least
};

/// How far a head that is still arriving has been looked at, so that a slow drip is not read again from its beginning.
/// One for each head; begin the next with a fresh one.
struct HeadScan {
  std::size_t begin = 0;       ///< of the start line: empty lines before it are skipped (RFC 9112 §2.2)
  std::size_t line = 0;        ///< beginning of the line that is not complete yet
  std::size_t seen = 0;        ///< no line feed between `line` and here
  std::size_t start_line = 0;  ///< end of the start line, CRLF included; 0 = not complete
  int empty_lines = 0;         ///< skipped so far
  bool checked = false;        ///< the start line was found good
};

/// Decodes one request head at the front of `bytes` into `out`, whose memory is reused.
/// Returns false when `bytes` is only a good prefix: call again with more at the same place or elsewhere.
/// Lifetime: views in `out` point into `bytes`.
/// Errors: head_malformed, host_missing, host_invalid, framing_ambiguous, coding_unknown, target_too_long,
/// head_too_large, method_refused (CONNECT), version_unsupported.  What followed a refused head cannot be trusted:
/// close.
Result<bool> decode_request(Bytes bytes, const HeadLimits& limits, HeadScan& scan, Request& out);

/// What the request means for its response (RFC 9112 §6.3 items 1 and 2, RFC 9110 §15.2.2).
struct Asked {
  bool head = false;     ///< HEAD: no body follows, whatever the fields say
  bool upgrade = false;  ///< the request asked for another protocol: 101 may come
};

/// The same for a response.  Errors: response_malformed.
Result<bool> decode_response(Bytes bytes, const HeadLimits& limits, Asked asked, HeadScan& scan, Response& out);

}  // namespace weir::http
