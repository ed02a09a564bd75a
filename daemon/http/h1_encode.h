// HTTP/1.1 heads to bytes, as they leave on the other side: order, case and bytes of every field are kept, except those
// that belong to one hop (RFC 9110 §7.6.1).  Nothing is added that the sender did not say: no Via, no X-Forwarded-For.
#pragma once

#include <array>
#include <string>

#include "http/conditions.h"
#include "http/head.h"

namespace weir::http {

/// Appends the head to `out`.  A body is forwarded with the framing it came with.  Host is that of request.authority;
/// Max-Forwards is counted down (RFC 9110 §7.6.2).  HTTP/1.0 is raised to HTTP/1.1 (RFC 9112 §2.3) unless it names no
/// host.  With `own` the request asks whether the response that has these validators is still good, instead of what the
/// client would have asked (RFC 9111 §4.3.1).
void encode_request(const Request& request, std::string& out, const Validators* own = nullptr);

/// How a response reaches this client.
struct Delivery {
  Framing::Kind framing = Framing::Kind::none;
  bool close = false;       ///< say "Connection: close"
  bool keep_alive = false;  ///< say "Connection: keep-alive": an HTTP/1.0 client asked for it
};
/// Appends the head to `out`.  Content-Length is left out of 1xx and 204 responses (RFC 9110 §8.6).
void encode_response(const Response& response, const Delivery& delivery, std::string& out);

/// "1f4\r\n": the line in front of a chunk; its data is followed by "\r\n".
struct ChunkLine {
  std::array<char, 20> text;
  std::size_t size;
  std::string_view view() const { return {text.data(), size}; }
};
ChunkLine chunk_line(std::size_t payload);

}  // namespace weir::http
