// What stands in front of a body: a request's or a response's head, whichever version of HTTP carried it.  A head that
// exists has been checked whole: its framing, its host and its hop-by-hop fields are known, and nothing in it can be
// read in two ways.  Nobody downstream has to remember to check again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::http {

/// The fields that a gateway has to understand; every other one is carried, not read.
enum class Name : std::uint8_t {
  other,
  // They frame, route or belong to one hop.
  connection,
  content_length,
  expect,
  host,
  keep_alive,
  max_forwards,
  proxy_connection,
  te,
  transfer_encoding,
  upgrade,
  // A cache reads them; forwarded like any other.
  age,
  authorization,
  cache_control,
  date,
  etag,
  expires,
  if_match,
  if_modified_since,
  if_none_match,
  if_range,
  if_unmodified_since,
  last_modified,
  pragma,
  range,
  set_cookie,
  vary,
};
/// Whether a field frames, routes or belongs to one hop: a gateway treats it by itself.
constexpr bool is_of_hop(Name name) { return name != Name::other && name <= Name::upgrade; }
/// Case-insensitive (RFC 9110 §5.1).
Name name_of(std::string_view text);

/// One field line.  The views keep case and bytes as they were received; `value` has no white space around it.
struct Field {
  std::string_view name;
  std::string_view value;
  Name known = Name::other;
};

/// Field lines in the order received.  Keeps its memory when cleared, so that a connection allocates for its first
/// head only.
class Fields {
 public:
  void clear() { fields_.clear(); }
  void add(Field field) { fields_.push_back(field); }
  std::size_t size() const { return fields_.size(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

  const Field* find(Name name) const;              ///< the first of this name, or null
  const Field* find(std::string_view name) const;  ///< the same by any name, case-insensitive

 private:
  std::vector<Field> fields_;
};

/// Takes the next element off the front of a comma-separated list (RFC 9110 §5.6.1); empty when none is left.
std::string_view next_element(std::string_view& list);

enum class Version : std::uint8_t { http10, http11 };

/// How a body ends (RFC 9112 §6.3).
struct Framing {
  enum class Kind : std::uint8_t { none, length, chunked, until_close };
  Kind kind = Kind::none;
  std::uint64_t length = 0;  ///< of Kind::length, in octets

  bool empty() const { return kind == Kind::none || (kind == Kind::length && length == 0); }
};

struct Head {
  Version version = Version::http11;
  Fields fields;
  Framing framing;
  bool persistent = true;  ///< the sender may use this connection again (RFC 9112 §9.3)
  bool upgrade = false;    ///< asks for, or agrees to, another protocol on this connection (RFC 9110 §7.8)
  bool nominates = false;  ///< Connection names further fields as hop-by-hop
  std::size_t size = 0;    ///< octets of the head as received, empty lines before it included
};

struct Request : Head {
  std::string_view method;
  std::string_view target;     ///< as received
  std::string_view path;       ///< to forward: `target` without scheme and authority; may lack its leading "/"
  std::string_view authority;  ///< "host[:port]" of an absolute target, else of Host; empty: HTTP/1.0 without one
  std::string host;            ///< normalised host of `authority`; empty = the request names nobody
  bool absolute = false;       ///< the target was in absolute-form: its authority replaces Host (RFC 9112 §3.2.2)
  bool last_hop = false;       ///< OPTIONS or TRACE with Max-Forwards: 0: answer it, do not forward (RFC 9110 §7.6.2)

  bool is_head() const { return method == "HEAD"; }
  /// May be sent again when a reused connection died without an answer (RFC 9110 §9.2.2).
  bool idempotent() const;
};

struct Response : Head {
  int status = 0;  ///< 100 to 599
  std::string_view reason;

  bool interim() const { return status < 200 && status != 101; }
};

}  // namespace weir::http
