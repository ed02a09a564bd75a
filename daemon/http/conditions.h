// What a conditional or a partial request asks of a response that is at hand (RFC 9110 §13 and §14).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "http/head.h"

namespace weir::http {

/// What identifies one representation over time; "" = the response does not say.
struct Validators {
  std::string_view etag;           ///< with its quotes, and "W/" where it is weak
  std::string_view last_modified;  ///< as it was received

  bool any() const { return !etag.empty() || !last_modified.empty(); }
};
Validators validators_of(const Fields& fields);

/// The weak comparison of RFC 9110 §8.8.3.2.
bool same_entity(std::string_view a, std::string_view b);

/// Whether If-None-Match, or else If-Modified-Since, of a GET or HEAD says that the client has this very response.
/// `date` of the response stands in for a Last-Modified that is missing (RFC 9111 §4.3.2).
bool not_modified(const Fields& request, const Validators& stored, WallTime date, WallTime now);

/// Octets from `first` on, `length` of them.
struct Slice {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};
struct Part {
  enum class Kind : std::uint8_t {
    whole,          ///< there is no Range, or one that may be ignored: other units, malformed, If-Range does not hold
    slice,          ///< 206
    unsatisfiable,  ///< 416
    several,        ///< more than one range
  };
  Kind kind = Kind::whole;
  Slice slice = {};
};
/// What Range and If-Range ask of a complete response of `size` octets.
Part part_of(const Fields& request, const Validators& stored, std::uint64_t size, WallTime now);

}  // namespace weir::http
