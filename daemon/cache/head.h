// The head of a stored response, and the heads that are made of it.  Order, case and bytes of its fields are those in
// which they were received.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/units.h"
#include "http/conditions.h"
#include "http/head.h"

namespace weir::cache {

/// How a stored response is told to one client.
struct Telling {
  enum class As : std::uint8_t {
    stored,         ///< with the status that it has
    not_modified,   ///< 304
    part,           ///< 206, `slice` of `size`
    unsatisfiable,  ///< 416 of `size`
  };
  As as = As::stored;
  Duration age{};
  std::optional<std::uint64_t> size = {};  ///< of the whole content; empty: not known yet
  http::Slice slice = {};
  bool chunked = false;     ///< its content is sent in chunks
  bool close = false;       ///< say "Connection: close"
  bool keep_alive = false;  ///< say "Connection: keep-alive": an HTTP/1.0 client asked for it
};

class StoredHead {
 public:
  /// Without the fields that RFC 9111 §3.1 and the response's own Cache-Control keep out of stores, and without Age,
  /// which is told anew each time.  A Date that is missing is `received` (RFC 9110 §6.6.1).
  static StoredHead of(const http::Response& response, WallTime received);
  /// The same with what a newer head of the same response says (RFC 9111 §3.2): its fields take the place of those of
  /// the same name.  Content-Length, Content-Encoding and Content-Range speak of stored octets, and stay.
  StoredHead updated_by(const http::Response& newer, WallTime received) const;

  StoredHead copy() const { return *this; }

  StoredHead(StoredHead&&) = default;
  StoredHead& operator=(StoredHead&&) = default;

  int status() const { return status_; }
  bool has_length() const { return has_length_; }  ///< bears Content-Length
  /// As on the wire, empty line included.
  std::string_view text() const { return text_; }
  http::Validators validators() const;
  /// Lifetime of its views: this object's.
  http::Response decoded() const;
  /// Appends the head that a client gets.
  void tell(const Telling& telling, std::string& out) const;
  std::size_t memory() const { return text_.capacity(); }

 private:
  StoredHead(const StoredHead&) = default;
  explicit StoredHead(std::string text);
  void tell_fields(const Telling& telling, std::string& out) const;

  std::string text_;
  int status_ = 0;
  bool has_length_ = false;
  std::size_t etag_[2] = {}, last_modified_[2] = {};  ///< offset and size: a string that moves takes its octets along
};

}  // namespace weir::cache
