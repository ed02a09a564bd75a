// Ethernet frames as they stand on a wire, said in one line: packet(flow).syn(1000).  Checksums are right unless asked
// otherwise, so that the same frame may be run through a program or sent.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/flow.h"

namespace weir::test {

using Octets = std::vector<std::uint8_t>;

/// Big-endian bytes, one after the other.
inline void put(Octets& to, std::uint64_t value, unsigned bytes) {
  while (bytes-- > 0) to.push_back(static_cast<std::uint8_t>(value >> 8 * bytes));
}
inline void put(Octets& to, std::string_view text) { to.insert(to.end(), text.begin(), text.end()); }
inline void put(Octets& to, const Octets& bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

enum TcpFlag : std::uint8_t { fin = 1, syn = 2, rst = 4, psh = 8, ack = 16, urg = 32, ece = 64, cwr = 128 };

class Packet {
 public:
  explicit Packet(const Flow& flow) : flow_(flow) {}

  /// From the origin to the client; else the other way.
  Packet& reply() { return from_origin_ = true, *this; }
  Packet& udp() { return udp_ = true, *this; }
  Packet& flags(unsigned flags) { return flags_ = static_cast<std::uint8_t>(flags), *this; }
  Packet& seq(std::uint32_t seq) { return seq_ = seq, *this; }
  Packet& acks(std::uint32_t number) { return ack_ = number, flags_ |= ack, *this; }
  Packet& window(std::uint16_t window) { return window_ = window, *this; }
  Packet& urgent(std::uint16_t pointer) { return urgent_ = pointer, flags_ |= urg, *this; }
  Packet& payload(Octets bytes) { return payload_ = std::move(bytes), *this; }
  Packet& payload(std::string_view text) { return payload(Octets(text.begin(), text.end())); }
  /// TCP options; padded with zeros to a multiple of four.
  Packet& options(Octets bytes) { return options_ = std::move(bytes), *this; }
  /// Options of the IPv4 header; padded likewise.
  Packet& ip_options(Octets bytes) { return ip_options_ = std::move(bytes), *this; }
  /// One more IPv6 extension header of 8 bytes, all of it padding (RFC 8200 §4.2).
  Packet& extension(std::uint8_t protocol) { return extensions_.push_back(protocol), *this; }
  /// Only the bytes from `offset` (a multiple of 8) on, `length` of them, as an IP fragment.
  Packet& fragment(unsigned offset, std::size_t length, bool more) {
    return fragmented_ = true, offset_ = offset, length_ = length, more_ = more, *this;
  }
  /// What the network header claims as its length (IPv4: total, IPv6: payload), instead of the truth.
  Packet& claims(std::uint16_t length) { return claimed_ = length, *this; }
  Packet& doff(std::uint8_t words) { return doff_ = words, *this; }
  Packet& bad_checksum() { return bad_checksum_ = true, *this; }
  /// Bytes behind the packet, such as those that fill a short Ethernet frame.
  Packet& trailer(Octets bytes) { return trailer_ = std::move(bytes), *this; }
  /// The destination of the frame, else the gateway.
  Packet& to_mac(const Octets& mac) { return mac_ = mac, *this; }
  /// The device that sends it, else 02:00:00:00:00:01.
  Packet& from_mac(const Mac& mac) { return source_ = mac, *this; }
  /// A frame that holds something else than IP.
  Packet& ethertype(std::uint16_t type) { return ethertype_ = type, *this; }

  Octets frame() const;

 private:
  Octets transport() const;
  Octets v4(const Octets& body) const;
  Octets v6(Octets body) const;

  Flow flow_;
  bool from_origin_ = false, udp_ = false, fragmented_ = false, more_ = false, bad_checksum_ = false;
  std::uint8_t flags_ = 0, doff_ = 0;
  std::uint32_t seq_ = 0, ack_ = 0;
  std::uint16_t window_ = 64240, urgent_ = 0, ethertype_ = 0;
  unsigned offset_ = 0;
  std::size_t length_ = 0;
  int claimed_ = -1;
  Mac source_ = {{2, 0, 0, 0, 0, 1}};
  Octets payload_, options_, ip_options_, extensions_, trailer_, mac_ = Octets(6, 0);
};

inline Packet packet(const Flow& flow) { return Packet(flow); }

/// MSS 1460, SACK, timestamps (`tsval`, `tsecr`), window scale 7: what Linux sends.
Octets usual_options(std::uint32_t tsval, std::uint32_t tsecr);
/// Timestamps alone, as on every later segment.
Octets timestamps(std::uint32_t tsval, std::uint32_t tsecr);

}  // namespace weir::test
