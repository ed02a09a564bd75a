// The spans of one gathered write: a head, then a piece of body in the framing of the next hop.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "http/h1_encode.h"
#include "io/tcp.h"

namespace weir::engine {

class Gather {
 public:
  /// Head, chunk line, end of chunk, last chunk, trailers, end: what stands beside the pieces of a body.
  static constexpr std::size_t most_pieces = io::Write::most_spans - 6;

  void add(Bytes bytes) {
    if (bytes.empty()) return;
    spans_[count_++] = bytes;
    size_ += bytes.size();
  }
  /// `size` octets in at most `most_pieces` pieces.
  void add_payload(std::span<const Bytes> pieces, std::size_t size, bool chunked) {
    if (size == 0) return;
    if (chunked) {
      line_ = http::chunk_line(size);
      add(as_bytes(line_.view()));
    }
    for (const Bytes piece : pieces) add(piece);
    if (chunked) add(as_bytes("\r\n"));
  }
  /// The end of a chunked body.
  void add_end(std::string_view trailers) {
    add(as_bytes("0\r\n"));
    add(as_bytes(trailers));
    add(as_bytes("\r\n"));
  }
  std::span<const Bytes> spans() const { return {spans_.data(), count_}; }
  std::size_t size() const { return size_; }

 private:
  std::array<Bytes, io::Write::most_spans> spans_;
  std::size_t count_ = 0;
  std::size_t size_ = 0;
  http::ChunkLine line_;
};

}  // namespace weir::engine
