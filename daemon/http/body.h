// The octets behind a head, taken out of their framing (RFC 9112 §6 and §7).
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "http/head.h"

namespace weir::http {

/// Reads one body.  Feed it what arrived, forward what it returns, until done().  Chunk extensions are dropped; trailer
/// fields are kept for trailers(), those that frame, route or belong to this hop excepted (RFC 9110 §6.5.1).
class BodyDecoder {
 public:
  static constexpr std::uint64_t max_chunk = std::uint64_t{1} << 40;  ///< a larger chunk size is refused
  static constexpr std::size_t max_extensions = 16 << 10;             ///< octets of extensions in one body
  static constexpr std::size_t max_trailers = 16 << 10;               ///< octets of trailer lines in one body

  BodyDecoder() = default;
  explicit BodyDecoder(Framing framing);

  struct Piece {
    std::size_t consumed = 0;  ///< octets of the input that are dealt with; the rest belongs to the next message
    Bytes payload;             ///< points into the input
  };
  /// Takes as much as it can.  The payload of several chunks is moved together inside `bytes`, so that one piece comes
  /// out of one read however small the chunks are.  Errors: body_malformed.
  Result<Piece> decode(MutableBytes bytes);

  bool done() const { return state_ == State::done; }
  /// The sender closed: true if that is how this body ends, false if it was cut off.
  bool closed();
  /// "name: value" lines, each with its CRLF; complete when done().
  const std::string& trailers() const { return trailers_; }

 private:
  enum class State : std::uint8_t {
    done,
    length,
    until_close,
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer
  };

  Result<void> control(char c);
  Result<void> size_digit(char c);
  Result<void> end_of_size();
  Result<void> trailer_octet(char c);
  Result<void> trailer_line();

  State state_ = State::done;
  std::uint64_t left_ = 0;   ///< of the length or of the current chunk
  std::uint8_t digits_ = 0;  ///< of the chunk size so far
  bool blank_ = false;       ///< white space was seen behind the size: only an extension may follow
  std::size_t extensions_ = 0;
  std::size_t trailer_octets_ = 0;
  std::string line_;
  std::string trailers_;
};

}  // namespace weir::http
