#include "packet.h"

namespace weir::test {

namespace {

std::uint16_t checksum(const Octets& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += static_cast<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void set16(Octets& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

void put_address(Octets& to, const Address& address) {
  to.insert(to.end(), address.octets.begin() + (address.is_v4() ? 12 : 0), address.octets.end());
}

}  // namespace

Octets Packet::transport() const {
  const Endpoint &source = from_origin_ ? flow_.origin : flow_.client,
                 &dest = from_origin_ ? flow_.client : flow_.origin;
  Octets options = options_, bytes;
  while (options.size() % 4 != 0) options.push_back(0);
  put(bytes, source.port, 2);
  put(bytes, dest.port, 2);
  if (udp_) {
    put(bytes, 8 + payload_.size(), 2);
    put(bytes, 0, 2);
  } else {
    put(bytes, seq_, 4);
    put(bytes, ack_, 4);
    put(bytes, (doff_ != 0 ? doff_ : 5 + options.size() / 4) << 4, 1);
    put(bytes, flags_, 1);
    put(bytes, window_, 2);
    put(bytes, 0, 2);
    put(bytes, urgent_, 2);
    put(bytes, options);
  }
  put(bytes, payload_);

  Octets pseudo;
  put_address(pseudo, source.address);
  put_address(pseudo, dest.address);
  put(pseudo, udp_ ? IPPROTO_UDP : IPPROTO_TCP, 4);
  put(pseudo, bytes.size(), 4);
  put(pseudo, bytes);
  set16(bytes, udp_ ? 6 : 16, static_cast<std::uint16_t>(checksum(pseudo) ^ (bad_checksum_ ? 1 : 0)));
  return bytes;
}

Octets Packet::v4(const Octets& body) const {
  Octets options = ip_options_, ip;
  while (options.size() % 4 != 0) options.push_back(0);
  const std::size_t header = 20 + options.size();
  put(ip, 0x40 | header / 4, 1);
  put(ip, 0, 1);
  put(ip, claimed_ >= 0 ? claimed_ : header + body.size(), 2);
  put(ip, 0x4242, 2);
  put(ip, offset_ / 8 | (more_ ? 0x2000 : 0), 2);
  put(ip, 64, 1);
  put(ip, udp_ ? IPPROTO_UDP : IPPROTO_TCP, 1);
  put(ip, 0, 2);
  put_address(ip, (from_origin_ ? flow_.origin : flow_.client).address);
  put_address(ip, (from_origin_ ? flow_.client : flow_.origin).address);
  put(ip, options);
  set16(ip, 10, checksum(ip));
  put(ip, body);
  return ip;
}

Octets Packet::v6(Octets body) const {
  std::uint8_t next = udp_ ? IPPROTO_UDP : IPPROTO_TCP;
  if (fragmented_) {
    Octets header{next, 0};
    put(header, offset_ | (more_ ? 1U : 0U), 2);
    put(header, 0x4242, 4);
    put(header, body);
    body = std::move(header);
    next = IPPROTO_FRAGMENT;
  }
  for (auto kind = extensions_.rbegin(); kind != extensions_.rend(); ++kind) {
    Octets header{next, 0, 1, 4, 0, 0, 0, 0};  // PadN of four bytes
    put(header, body);
    body = std::move(header);
    next = *kind;
  }
  Octets ip;
  put(ip, 0x60000000, 4);
  put(ip, claimed_ >= 0 ? claimed_ : body.size(), 2);
  put(ip, next, 1);
  put(ip, 64, 1);
  put_address(ip, (from_origin_ ? flow_.origin : flow_.client).address);
  put_address(ip, (from_origin_ ? flow_.client : flow_.origin).address);
  put(ip, body);
  return ip;
}

Octets Packet::frame() const {
  Octets body = transport();
  if (fragmented_) body = Octets(body.begin() + offset_, body.begin() + static_cast<std::ptrdiff_t>(offset_ + length_));
  const bool is_v4 = flow_.client.address.is_v4();
  Octets frame = mac_;
  frame.insert(frame.end(), source_.octets.begin(), source_.octets.end());
  put(frame, ethertype_ != 0 ? ethertype_ : is_v4 ? 0x0800 : 0x86dd, 2);
  put(frame, is_v4 ? v4(body) : v6(std::move(body)));
  put(frame, trailer_);
  return frame;
}

Octets usual_options(std::uint32_t tsval, std::uint32_t tsecr) {
  Octets options{2, 4, 1460 >> 8, 1460 & 0xff, 4, 2, 8, 10};
  put(options, tsval, 4);
  put(options, tsecr, 4);
  put(options, Octets{1, 3, 3, 7});
  return options;
}

Octets timestamps(std::uint32_t tsval, std::uint32_t tsecr) {
  Octets options{1, 1, 8, 10};
  put(options, tsval, 4);
  put(options, tsecr, 4);
  return options;
}

}  // namespace weir::test
