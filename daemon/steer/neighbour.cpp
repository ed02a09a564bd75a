#include "steer/neighbour.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include <cstring>
#include <vector>

#include "steer/netlink.h"

namespace weir::steer {

namespace {

/// An address as attributes hold it: 4 or 16 bytes.
struct Raw {
  int family = AF_UNSPEC;
  std::vector<std::uint8_t> bytes;
};

Raw raw(const Address& address) {
  const bool v4 = address.is_v4();
  return {v4 ? AF_INET : AF_INET6, {address.octets.begin() + (v4 ? 12 : 0), address.octets.end()}};
}

Raw raw(int family, nlattr* attribute) {
  const auto* data = static_cast<const std::uint8_t*>(nla_data(attribute));
  return {family, {data, data + nla_len(attribute)}};
}

struct Hop {
  unsigned link = 0;  ///< 0: there is no route
  Raw address;
};

/// A socket for each question: the acknowledgement behind an answer stays in it.
bool ask(Message message, const Netlink::Each& each) {
  auto netlink = Netlink::open(NETLINK_ROUTE);
  return netlink && netlink->ask(std::move(message), each);
}

Hop next_hop(const Raw& to) {
  Hop hop{.link = 0, .address = to};
  rtmsg header{};
  header.rtm_family = static_cast<unsigned char>(to.family);
  header.rtm_dst_len = static_cast<unsigned char>(8 * to.bytes.size());
  Message message = request(RTM_GETROUTE, 0, header);
  if (!message || nla_put(message.get(), RTA_DST, static_cast<int>(to.bytes.size()), to.bytes.data()) < 0) return {};
  const bool asked = ask(std::move(message), [&](nlmsghdr* answer) {
    nlattr* at[RTA_MAX + 1];
    if (answer->nlmsg_type != RTM_NEWROUTE || nlmsg_parse(answer, sizeof(rtmsg), at, RTA_MAX, nullptr) < 0) return;
    if (at[RTA_OIF]) hop.link = nla_get_u32(at[RTA_OIF]);
    if (at[RTA_GATEWAY]) hop.address = raw(to.family, at[RTA_GATEWAY]);
  });
  return asked ? hop : Hop();
}

std::optional<Mac> resolved(const Hop& hop) {
  std::optional<Mac> mac;
  ndmsg header{};
  header.ndm_family = static_cast<unsigned char>(hop.address.family);
  header.ndm_ifindex = static_cast<int>(hop.link);
  Message message = request(RTM_GETNEIGH, 0, header);
  const auto size = static_cast<int>(hop.address.bytes.size());
  if (!message || nla_put(message.get(), NDA_DST, size, hop.address.bytes.data()) < 0) return {};
  ask(std::move(message), [&](nlmsghdr* answer) {  // none: the kernel refuses
    nlattr* at[NDA_MAX + 1];
    if (answer->nlmsg_type != RTM_NEWNEIGH || nlmsg_parse(answer, sizeof(ndmsg), at, NDA_MAX, nullptr) < 0) return;
    if (!at[NDA_LLADDR] || nla_len(at[NDA_LLADDR]) != sizeof(Mac::octets)) return;
    std::memcpy(mac.emplace().octets.data(), nla_data(at[NDA_LLADDR]), sizeof(Mac::octets));
  });
  return mac && mac->is_device() ? mac : std::nullopt;
}

}  // namespace

std::optional<Mac> neighbour_of(const Address& address) {
  const Hop hop = next_hop(raw(address));
  if (hop.link == 0) return {};
  return resolved(hop);
}

}  // namespace weir::steer
