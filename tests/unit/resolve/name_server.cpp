#include "name_server.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>

namespace weir::resolve::test {

namespace {

std::string u16(std::size_t n) { return {static_cast<char>(n >> 8), static_cast<char>(n)}; }

std::string wire_name(const std::string& dotted) {
  std::string wire;
  for (std::size_t at = 0; at <= dotted.size();) {
    const std::size_t dot = std::min(dotted.find('.', at), dotted.size());
    wire += static_cast<char>(dot - at);
    wire += dotted.substr(at, dot - at);
    at = dot + 1;
  }
  return wire + '\0';
}

std::string octets_of(const std::string& text) {
  const Address address = *Address::parse(text);
  const auto* first = reinterpret_cast<const char*>(address.octets.data());
  return address.is_v4() ? std::string(first + 12, 4) : std::string(first, 16);
}

std::string record(const std::string& owner, int type, std::uint32_t ttl, const std::string& data) {
  return wire_name(owner) + u16(static_cast<std::size_t>(type)) + u16(ns_c_in) + u16(ttl >> 16) + u16(ttl & 0xffff) +
         u16(data.size()) + data;
}

Fd bound(int kind, const Endpoint& to) {
  Fd fd(::socket(to.address.is_v4() ? AF_INET : AF_INET6, kind | SOCK_CLOEXEC, 0));
  sockaddr_storage address;
  const socklen_t size = to.to(address);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) fd.reset();
  return fd;
}

Endpoint local(int fd) {
  sockaddr_storage address;
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return *Endpoint::from(address);
}

}  // namespace

std::string reply(const std::string& id, const std::string& name, int type, const Served& served) {
  std::string records;
  if (!served.alias.empty()) records += record(name, ns_t_cname, served.alias_ttl, wire_name(served.alias));
  for (const std::string& address : served.addresses) {
    records += record(served.alias.empty() ? name : served.alias, type, served.ttl, octets_of(address));
  }
  const std::size_t flags = 0x8180 | static_cast<std::size_t>(served.rcode);  // a reply, recursion done
  const std::size_t count = served.addresses.size() + (served.alias.empty() ? 0 : 1);
  return id + u16(flags) + u16(1) + u16(count) + u16(0) + u16(0) + wire_name(name) +
         u16(static_cast<std::size_t>(type)) + u16(ns_c_in) + records;
}

NameServer::NameServer(const char* address, std::uint16_t port) {
  for (int tries = 0; !udp_ && tries < 20; ++tries) {  // a port that is free for both transports
    tcp_ = bound(SOCK_STREAM, {*Address::parse(address), port});
    at_ = local(tcp_.get());
    udp_ = bound(SOCK_DGRAM, at_);
  }
  EXPECT_TRUE(udp_) << address << ' ' << port;
  end_.reset(::eventfd(0, EFD_CLOEXEC));
  ::listen(tcp_.get(), 8);
  thread_ = std::thread([this] { run(); });
}

NameServer::~NameServer() {
  const std::uint64_t one = 1;
  EXPECT_EQ(::write(end_.get(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
  thread_.join();
}

void NameServer::run() {
  for (;;) {
    std::vector<pollfd> asks = {{end_.get(), POLLIN, 0}, {udp_.get(), POLLIN, 0}, {tcp_.get(), POLLIN, 0}};
    for (const Fd& peer : peers_) asks.push_back({peer.get(), POLLIN, 0});
    if (::poll(asks.data(), asks.size(), -1) <= 0 || asks[0].revents != 0) return;
    if (asks[1].revents != 0) serve_udp();
    for (std::size_t i = asks.size(); i-- > 3;) {
      if (asks[i].revents != 0 && !serve_tcp(peers_[i - 3].get()))
        peers_.erase(peers_.begin() + static_cast<long>(i - 3));
    }
    if (asks[2].revents != 0) peers_.emplace_back(::accept4(tcp_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
}

NameServer::Question NameServer::read(const std::string& packet) {
  std::string name;
  std::size_t at = 12;
  for (; packet.at(at) != 0; at += 1 + static_cast<std::size_t>(packet[at])) {
    if (!name.empty()) name += '.';
    name += packet.substr(at + 1, static_cast<std::size_t>(packet[at]));
  }
  const int type = static_cast<unsigned char>(packet.at(at + 2));
  ++asked_[name];
  const auto found = served_.find({name, type});
  const Served served = found != served_.end() ? found->second : Served{.rcode = ns_r_nxdomain};
  return {.id = packet.substr(0, 2), .name = name, .type = type, .served = served};
}

void NameServer::serve_udp() {
  char buffer[1024];
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  const ssize_t got = ::recvfrom(udp_.get(), buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
  if (got < 0) return;
  const std::lock_guard lock(mutex_);
  const Question asked = read({buffer, static_cast<std::size_t>(got)});
  std::string bytes = reply(asked.id, asked.name, asked.type, asked.served);
  Served forged = asked.served;
  for (std::string& address : forged.addresses) address = asked.type == ns_t_a ? "192.0.2.66" : "2001:db8::66";
  ports_.push_back(Endpoint::from(from)->port);
  switch (asked.served.how) {
    case How::silent: return;
    case How::waits: return held_.push_back({bytes, from});
    case How::truncates:
      bytes = reply(asked.id, asked.name, asked.type, {});
      bytes[2] |= 0x02;  // TC
      break;
    case How::forges: {
      std::string wrong_id = asked.id;
      wrong_id[1] ^= 1;
      send(reply(wrong_id, asked.name, asked.type, forged), from);
      send(reply(asked.id, "other.example", asked.type, forged), from);
      break;
    }
    case How::answers: break;
  }
  send(bytes, from);
}

// RFC 1035 §4.2.2: two bytes of length ahead of each message, several on one connection.
bool NameServer::serve_tcp(int peer) {
  unsigned char size[2];
  if (::recv(peer, size, 2, MSG_WAITALL) != 2) return false;
  std::string packet(static_cast<std::size_t>(size[0] << 8 | size[1]), '\0');
  if (::recv(peer, packet.data(), packet.size(), MSG_WAITALL) != static_cast<ssize_t>(packet.size())) return false;
  const std::lock_guard lock(mutex_);
  const Question asked = read(packet);
  const std::string bytes = reply(asked.id, asked.name, asked.type, asked.served);
  const std::string framed = u16(bytes.size()) + bytes;
  ::send(peer, framed.data(), framed.size(), MSG_NOSIGNAL);
  ++by_tcp_;
  return true;
}

void NameServer::send(const std::string& bytes, const sockaddr_storage& to) {
  ::sendto(udp_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

void NameServer::release() {
  const std::lock_guard lock(mutex_);
  for (const Held& held : held_) send(held.bytes, held.to);
  held_.clear();
  for (auto& [question, served] : served_) {
    if (served.how == How::waits) served.how = How::answers;
  }
}

}  // namespace weir::resolve::test
