#include "inspect/hello.h"

#include <cstdint>

#include "base/name.h"

namespace weir::inspect {

namespace {

/// Takes lengths and vectors (RFC 8446 §3.4) off the front of a message.  A read past the end yields nothing and is
/// remembered: call and check stand together at the end of each structure, in `failed` or `done`.
class Reader {
 public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}

  std::uint32_t number(std::size_t octets) {
    std::uint32_t value = 0;
    for (const std::byte b : take(octets)) value = value << 8 | std::to_integer<std::uint32_t>(b);
    return value;
  }
  Bytes take(std::size_t length) {
    if (length > rest_.size()) failed_ = true;
    if (failed_) return {};
    const Bytes taken = rest_.first(length);
    rest_ = rest_.subspan(length);
    return taken;
  }
  Bytes vector(std::size_t octets) { return take(number(octets)); }

  bool failed() const { return failed_; }
  bool empty() const { return rest_.empty(); }
  bool done() const { return !failed_ && rest_.empty(); }

 private:
  Bytes rest_;
  bool failed_ = false;
};

enum Extension : std::uint16_t { server_name = 0, alpn = 16, encrypted_client_hello = 0xfe0d };

/// RFC 6066 §3: a list of one name of type host_name, not empty.  Other types were never defined, and readers differ in
/// whether they skip them, so they are refused.
std::string_view read_server_name(Bytes data, Hello& hello) {
  Reader extension(data);
  Reader list(extension.vector(2));
  if (!extension.done()) return "the server_name extension does not hold one list";
  const auto type = list.number(1);
  const Bytes name = list.vector(2);
  if (list.failed()) return "the list of server names is cut short";
  if (type != 0) return "the server name is not of type host_name";
  if (!list.empty()) return "more than one server name";
  auto normalised = normalise_name(as_text(name));
  if (!normalised) return "the server name is not a host name";
  hello.server_name = std::move(*normalised);
  return {};
}

/// RFC 7301 §3.1: at least one name, none of them empty.
std::string_view read_alpn(Bytes data, Hello& hello) {
  constexpr std::string_view wrong = "the list of application protocols is malformed";
  Reader extension(data);
  Reader list(extension.vector(2));
  if (!extension.done() || list.empty()) return wrong;
  while (!list.empty() && !list.failed()) {
    const Bytes protocol = list.vector(1);
    if (protocol.empty()) return wrong;
    hello.alpn.emplace_back(as_text(protocol));
  }
  return list.failed() ? wrong : std::string_view();
}

/// RFC 8446 §4.2: no extension comes twice.  Held for those that are read here: of the others, the origin may judge.
std::string_view read_extensions(Bytes block, Hello& hello) {
  Reader extensions(block);
  bool named = false, protocols = false;
  while (!extensions.empty()) {
    const auto type = extensions.number(2);
    const Bytes data = extensions.vector(2);
    if (extensions.failed()) return "an extension runs past the end";
    std::string_view wrong;
    if (type == Extension::server_name) {
      wrong = named ? "two server_name extensions" : read_server_name(data, hello);
      named = true;
    } else if (type == Extension::alpn) {
      wrong = protocols ? "two lists of application protocols" : read_alpn(data, hello);
      protocols = true;
    } else if (type == Extension::encrypted_client_hello) {
      // ECHClientHello begins with its type: outer(0); inner(1) stands in encrypted hellos only.
      hello.ech |= !data.empty() && data[0] == std::byte{0};
    }
    if (!wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace

std::string_view read_hello(Bytes body, Hello& hello) {
  Reader reader(body);
  reader.take(2 + 32);  // legacy_version, which says nothing any more, and random
  const Bytes session = reader.vector(1);
  const Bytes suites = reader.vector(2);
  const Bytes compressions = reader.vector(1);
  if (reader.failed()) return "the ClientHello is cut short";
  if (session.size() > 32) return "the session id is too long";
  if (suites.empty() || suites.size() % 2 != 0) return "the list of cipher suites is malformed";
  if (compressions.empty()) return "the list of compression methods is empty";
  if (reader.empty()) return {};  // RFC 5246 §7.4.1.2: clients of TLS 1.2 and before may have no extensions

  const Bytes extensions = reader.vector(2);
  if (!reader.done()) return "the extensions do not fill the ClientHello";
  return read_extensions(extensions, hello);
}

}  // namespace weir::inspect
