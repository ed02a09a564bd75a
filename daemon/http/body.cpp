#include "http/body.h"

#include <algorithm>
#include <cstring>

#include "http/octets.h"

namespace weir::http {

BodyDecoder::BodyDecoder(Framing framing) {
  switch (framing.kind) {
    case Framing::Kind::none: state_ = State::done; break;
    case Framing::Kind::length:
      state_ = framing.length == 0 ? State::done : State::length;
      left_ = framing.length;
      break;
    case Framing::Kind::chunked: state_ = State::size; break;
    case Framing::Kind::until_close: state_ = State::until_close; break;
  }
}

Result<BodyDecoder::Piece> BodyDecoder::decode(MutableBytes bytes) {
  Piece piece;
  if (state_ == State::until_close) return Piece{bytes.size(), bytes};
  if (state_ == State::length) {
    const std::size_t size = std::min<std::uint64_t>(left_, bytes.size());
    left_ -= size;
    if (left_ == 0) state_ = State::done;
    return Piece{size, bytes.first(size)};
  }

  std::byte* payload = nullptr;  // where the piece begins: the data of the first chunk stays in its place
  std::size_t size = 0;
  while (piece.consumed < bytes.size() && state_ != State::done) {
    std::byte* here = bytes.data() + piece.consumed;
    if (state_ != State::data) {
      if (const auto good = control(static_cast<char>(*here)); !good) return std::unexpected(good.error());
      ++piece.consumed;
      continue;
    }
    const std::size_t part = std::min<std::uint64_t>(left_, bytes.size() - piece.consumed);
    if (payload == nullptr)
      payload = here;
    else
      std::memmove(payload + size, here, part);
    size += part;
    piece.consumed += part;
    left_ -= part;
    if (left_ == 0) state_ = State::data_cr;
  }
  if (payload != nullptr) piece.payload = {payload, size};
  return piece;
}

bool BodyDecoder::closed() {
  if (state_ == State::until_close) state_ = State::done;
  return state_ == State::done;
}

/// One octet of RFC 9112 §7.1 that is not data.
Result<void> BodyDecoder::control(char c) {
  switch (state_) {
    case State::size: return size_digit(c);
    case State::extension:
      if (c == '\r') {
        state_ = State::size_lf;
        return {};
      }
      if (!value_octet[static_cast<unsigned char>(c)] || ++extensions_ > max_extensions)
        return fail(Errc::body_malformed);
      return {};
    case State::size_lf: return c == '\n' ? end_of_size() : fail(Errc::body_malformed);
    case State::data_cr: state_ = State::data_lf; return c == '\r' ? Result<void>() : fail(Errc::body_malformed);
    case State::data_lf: state_ = State::size; return c == '\n' ? Result<void>() : fail(Errc::body_malformed);
    case State::trailer: return trailer_octet(c);
    default: return fail(Errc::body_malformed);
  }
}

/// 1 to 16 hex digits, then CRLF or an extension.  White space is allowed only in front of an extension's semicolon
/// (RFC 9112 §7.1.1).
Result<void> BodyDecoder::size_digit(char c) {
  int digit = -1;
  if (c >= '0' && c <= '9')
    digit = c - '0';
  else if (c >= 'a' && c <= 'f')
    digit = c - 'a' + 10;
  else if (c >= 'A' && c <= 'F')
    digit = c - 'A' + 10;

  if (digit >= 0 && !blank_ && digits_ < 16) {
    left_ = left_ << 4 | static_cast<unsigned>(digit);
    ++digits_;
    return left_ <= max_chunk ? Result<void>() : fail(Errc::body_malformed);
  }
  if (digits_ == 0 || digit >= 0) return fail(Errc::body_malformed);
  if (c == ';') {
    state_ = State::extension;
  } else if (c == '\r' && !blank_) {
    state_ = State::size_lf;
  } else if ((c == ' ' || c == '\t') && ++extensions_ <= max_extensions) {
    blank_ = true;
  } else {
    return fail(Errc::body_malformed);
  }
  return {};
}

Result<void> BodyDecoder::end_of_size() {
  digits_ = 0;
  blank_ = false;
  state_ = left_ == 0 ? State::trailer : State::data;
  return {};
}

Result<void> BodyDecoder::trailer_octet(char c) {
  if (++trailer_octets_ > max_trailers) return fail(Errc::body_malformed);
  line_.push_back(c);
  if (c != '\n') return {};
  if (line_.size() < 2 || line_[line_.size() - 2] != '\r') return fail(Errc::body_malformed);
  if (line_.size() == 2) {
    state_ = State::done;
    return {};
  }
  return trailer_line();
}

Result<void> BodyDecoder::trailer_line() {
  const std::string_view line(line_.data(), line_.size() - 2);
  const std::size_t colon = std::min(line.find(':'), line.size());
  const std::string_view name = line.substr(0, colon);
  if (colon == line.size() || !is_token(name) || !is_value(line.substr(colon))) return fail(Errc::body_malformed);
  if (!is_of_hop(name_of(name))) trailers_.append(line_);
  line_.clear();
  return {};
}

}  // namespace weir::http
