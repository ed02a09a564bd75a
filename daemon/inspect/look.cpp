#include "inspect/look.h"

#include <algorithm>

namespace weir::inspect {

namespace {

constexpr std::size_t record_header = 5, handshake_header = 4;
constexpr std::size_t max_record = 1 << 14;  // RFC 8446 §5.1
constexpr std::size_t max_method = 32;       // the longest registered one has 17 octets
constexpr std::size_t max_line = 16 << 10;   // of a request: as long as http/ takes

enum Record : std::uint8_t { change_cipher_spec = 20, handshake = 22, heartbeat = 24 };
constexpr std::uint8_t client_hello = 1;

std::size_t number(Bytes bytes) {
  std::size_t value = 0;
  for (const std::byte b : bytes) value = value << 8 | std::to_integer<std::size_t>(b);
  return value;
}

Finding incomplete(std::size_t wants) { return {.kind = Finding::Kind::incomplete, .wants = wants}; }
Finding malformed(std::string_view why) { return {.kind = Finding::Kind::malformed, .why = why}; }

/// RFC 9110 §5.6.2
bool is_token(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

/// A request line: a method, and a version at its end.  The first line is waited for, since others greet with a word
/// and a space too (SSH).  Empty lines before it are tolerated as http/ does (RFC 9112 §2.2).
Finding request(std::string_view text) {
  const std::size_t skipped = std::min(text.find_first_not_of("\r\n"), text.size());
  if (skipped > max_method) return {.kind = Finding::Kind::http};  // some servers skip any number of them
  const std::string_view line = text.substr(skipped, max_line);
  const std::size_t length = std::ranges::find_if_not(line, is_token) - line.begin();
  if (length > max_method) return {.kind = Finding::Kind::other};
  if (length == line.size()) return incomplete(text.size() + 1);
  if (length == 0 || line[length] != ' ') return {.kind = Finding::Kind::other};
  const std::size_t end = line.find('\n');
  if (end == line.npos && line.size() < max_line) return incomplete(text.size() + 1);
  const bool versioned = line.substr(0, end).contains("HTTP/");
  return {.kind = end == line.npos || versioned ? Finding::Kind::http : Finding::Kind::other};
}

}  // namespace

Finding Look::operator()(Bytes seen) {
  if (seen.empty()) return incomplete(1);
  const auto type = std::to_integer<std::uint8_t>(seen[0]);
  if (type < Record::change_cipher_spec || type > Record::heartbeat) return request(as_text(seen));

  // From here on it is TLS or nothing: no other protocol that begins with such a byte goes on with a 3.
  if (seen.size() < 2) return incomplete(2);
  const bool version = seen[1] == std::byte{3};
  if (type != Record::handshake) {
    // A server that skips alerts or ChangeCipherSpec would find the hello behind them.
    return version ? malformed("a TLS record before the ClientHello") : Finding{.kind = Finding::Kind::other};
  }
  if (!version) return malformed("not a version of TLS in the record header");
  return records(seen);
}

/// RFC 8446 §5.1: a handshake message may be cut into any number of records, none of them empty, and nothing comes
/// between them.
Finding Look::records(Bytes seen) {
  for (;;) {
    if (at_ + record_header > max_look) return malformed("a ClientHello cut into too many records");
    if (seen.size() < at_ + record_header) return incomplete(at_ + record_header);
    const Bytes header = seen.subspan(at_, record_header);
    const std::size_t length = number(header.subspan(3, 2));
    if (header[0] != std::byte{Record::handshake}) return malformed("another TLS record within the ClientHello");
    if (header[1] != std::byte{3}) return malformed("not a version of TLS in the record header");
    if (length == 0) return malformed("an empty TLS record");
    if (length > max_record) return malformed("a TLS record that is too long");

    // The first bytes of a record may already tell that nothing good can follow.
    const Bytes there = seen.subspan(at_ + record_header);
    if (joined_.empty() && !there.empty() && there[0] != std::byte{client_hello}) {
      return malformed("a handshake message that is no ClientHello");
    }
    const std::size_t end = at_ + record_header + length;
    if (end > max_look) return malformed("a ClientHello cut into too many records");
    if (there.size() < length) return incomplete(end);

    const Bytes fragment = there.first(length);
    if (joined_.empty() && length >= handshake_header && number(fragment.subspan(1, 3)) + handshake_header == length) {
      return whole_hello(fragment);  // one record holds all of it, as nearly always: nothing to join
    }
    joined_.insert(joined_.end(), fragment.begin(), fragment.end());
    at_ = end;
    if (joined_.size() < handshake_header) continue;

    const std::size_t body = number(Bytes(joined_).subspan(1, 3));
    if (body > max_hello) return malformed("a ClientHello that is too long");
    if (joined_.size() >= handshake_header + body) return whole_hello(joined_);
  }
}

/// `hello` begins with its handshake header and must hold nothing else: what a client could send behind its hello
/// before the server answered comes in records of other types.
Finding Look::whole_hello(Bytes hello) const {
  if (number(hello.subspan(1, 3)) + handshake_header != hello.size()) return malformed("bytes behind the ClientHello");
  Finding found{.kind = Finding::Kind::tls};
  found.why = read_hello(hello.subspan(handshake_header), found.hello);
  if (!found.why.empty()) return malformed(found.why);
  return found;
}

}  // namespace weir::inspect
