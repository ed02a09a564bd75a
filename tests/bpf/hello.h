// ClientHellos (RFC 8446 §4.1.2) made to order.
#pragma once

#include <string_view>

#include "packet.h"

namespace weir::test {

class ClientHello {
 public:
  /// With a server_name extension for `name`, unless that is empty.
  explicit ClientHello(std::string_view name) {
    if (!name.empty()) extension(0, server_name(name));
  }
  ClientHello() = default;

  ClientHello& extension(std::uint16_t type, const Octets& body) {
    put(extensions_, type, 2);
    put(extensions_, body.size(), 2);
    put(extensions_, body);
    return *this;
  }
  ClientHello& named(std::string_view name) { return extension(0, server_name(name)); }
  /// A padding extension (RFC 7685) that makes the whole record `size` bytes long.
  ClientHello& padded_to(std::size_t size) {
    return extension(21, Octets(size - record().size() - (extensions_.empty() ? 6 : 4), 0));
  }
  ClientHello& session(std::size_t bytes) { return session_ = bytes, *this; }
  ClientHello& ciphers(std::size_t count) { return ciphers_ = count, *this; }

  Octets record() const {
    Octets body;
    put(body, 0x0303, 2);
    put(body, Octets(32, 0x5a));
    put(body, session_, 1);
    put(body, Octets(session_, 0x11));
    put(body, ciphers_ * 2, 2);
    for (std::size_t i = 0; i < ciphers_; ++i) put(body, 0x1301 + i, 2);
    put(body, Octets{1, 0});
    if (!extensions_.empty()) {
      put(body, extensions_.size(), 2);
      put(body, extensions_);
    }
    Octets record{22, 3, 1};
    put(record, body.size() + 4, 2);
    put(record, 1, 1);
    put(record, body.size(), 3);
    put(record, body);
    return record;
  }

  /// RFC 6066 §3: a list of one host name.
  static Octets server_name(std::string_view name) {
    Octets list;
    put(list, name.size() + 3, 2);
    put(list, 0, 1);
    put(list, name.size(), 2);
    put(list, name);
    return list;
  }

 private:
  std::size_t session_ = 32, ciphers_ = 3;
  Octets extensions_;
};

inline Octets hello(std::string_view name) {
  return ClientHello()
      .extension(0x0a0a, {})  // RFC 8701: GREASE
      .named(name)
      .extension(16, {0, 3, 2, 'h', '2'})  // ALPN
      .extension(43, {2, 3, 4})            // supported_versions
      .extension(51, Octets(40, 7))        // key_share
      .record();
}

}  // namespace weir::test
