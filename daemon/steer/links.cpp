#include "steer/links.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>

#include "steer/netlink.h"

namespace weir::steer {

namespace {

// What precedes the network header at tc: an Ethernet header, or nothing.  Loopback frames carry a 14-byte one.
unsigned header_of(unsigned short type) { return type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK ? 14 : 0; }

std::string kind_of(nlattr* info) {
  nlattr* at[IFLA_INFO_MAX + 1];
  if (info == nullptr || nla_parse_nested(at, IFLA_INFO_MAX, info, nullptr) < 0 || !at[IFLA_INFO_KIND]) return {};
  return nla_get_string(at[IFLA_INFO_KIND]);
}

std::optional<Address> address_of(int family, nlattr* attribute) {
  if (attribute == nullptr) return {};
  if (family == AF_INET && nla_len(attribute) == 4) return Address::v4(ntohl(nla_get_u32(attribute)));
  if (family != AF_INET6 || nla_len(attribute) != 16) return {};
  in6_addr address;
  std::memcpy(&address, nla_data(attribute), sizeof address);
  return Address::v6(address);
}

// The interfaces of a route: one, or those of its next hops.
void add_outgoing(nlattr** at, std::set<unsigned>& out) {
  if (at[RTA_OIF]) out.insert(nla_get_u32(at[RTA_OIF]));
  if (!at[RTA_MULTIPATH]) return;
  auto* hop = static_cast<rtnexthop*>(nla_data(at[RTA_MULTIPATH]));
  // RTNH_OK reads the length of a hop before it asks whether there is one.
  for (int left = nla_len(at[RTA_MULTIPATH]); left >= static_cast<int>(sizeof *hop) && RTNH_OK(hop, left);) {
    out.insert(static_cast<unsigned>(hop->rtnh_ifindex));
    left -= NLMSG_ALIGN(hop->rtnh_len);
    hop = RTNH_NEXT(hop);
  }
}

}  // namespace

Result<std::vector<Link>> links() {
  auto netlink = Netlink::open(NETLINK_ROUTE);
  if (!netlink) return std::unexpected(netlink.error());
  std::vector<Link> all;
  auto asked = netlink->ask(request(RTM_GETLINK, NLM_F_DUMP, ifinfomsg{}), [&](nlmsghdr* answer) {
    const auto* found = static_cast<ifinfomsg*>(nlmsg_data(answer));
    nlattr* at[IFLA_MAX + 1];
    if (nlmsg_parse(answer, sizeof *found, at, IFLA_MAX, nullptr) < 0 || !at[IFLA_IFNAME]) return;
    Link link;
    link.name = nla_get_string(at[IFLA_IFNAME]);
    link.index = static_cast<unsigned>(found->ifi_index);
    link.header = header_of(found->ifi_type);
    link.up = (found->ifi_flags & IFF_UP) != 0;
    link.master = at[IFLA_MASTER] ? nla_get_u32(at[IFLA_MASTER]) : 0;
    // The index below may belong to another namespace (a veth's peer does): it is then not ours to name.
    link.below = at[IFLA_LINK] && !at[IFLA_LINK_NETNSID] ? nla_get_u32(at[IFLA_LINK]) : 0;
    link.kind = kind_of(at[IFLA_LINKINFO]);
    all.push_back(std::move(link));
  });
  if (!asked) return std::unexpected(asked.error());
  return all;
}

Result<std::vector<LocalAddress>> addresses() {
  auto netlink = Netlink::open(NETLINK_ROUTE);
  if (!netlink) return std::unexpected(netlink.error());
  std::vector<LocalAddress> all;
  auto asked = netlink->ask(request(RTM_GETADDR, NLM_F_DUMP, ifaddrmsg{}), [&](nlmsghdr* answer) {
    const auto* found = static_cast<ifaddrmsg*>(nlmsg_data(answer));
    nlattr* at[IFA_MAX + 1];
    if (nlmsg_parse(answer, sizeof *found, at, IFA_MAX, nullptr) < 0) return;
    // On a point-to-point link IFA_ADDRESS is the other end; IFA_LOCAL, where present, is always this one.
    const auto address = address_of(found->ifa_family, at[IFA_LOCAL] ? at[IFA_LOCAL] : at[IFA_ADDRESS]);
    if (!address) return;
    const unsigned length = found->ifa_prefixlen + (found->ifa_family == AF_INET ? 96U : 0U);
    all.push_back({*address, static_cast<std::uint8_t>(length), found->ifa_index});
  });
  if (!asked) return std::unexpected(asked.error());
  return all;
}

Result<std::vector<std::string>> default_links(std::uint32_t except) {
  auto netlink = Netlink::open(NETLINK_ROUTE);
  if (!netlink) return std::unexpected(netlink.error());
  std::set<unsigned> out;
  for (int family : {AF_INET, AF_INET6}) {
    rtmsg header{};
    header.rtm_family = static_cast<unsigned char>(family);
    auto asked = netlink->ask(request(RTM_GETROUTE, NLM_F_DUMP, header), [&](nlmsghdr* answer) {
      const auto* found = static_cast<rtmsg*>(nlmsg_data(answer));
      nlattr* at[RTA_MAX + 1];
      if (found->rtm_dst_len != 0 || found->rtm_type != RTN_UNICAST || (found->rtm_flags & RTM_F_CLONED) != 0) return;
      if (nlmsg_parse(answer, sizeof *found, at, RTA_MAX, nullptr) < 0) return;
      if ((at[RTA_TABLE] ? nla_get_u32(at[RTA_TABLE]) : found->rtm_table) != except) add_outgoing(at, out);
    });
    if (!asked && !is(asked.error(), EAFNOSUPPORT) && !is(asked.error(), EOPNOTSUPP))
      return std::unexpected(asked.error());
  }
  std::set<std::string> names;
  for (unsigned index : out) {
    char name[IF_NAMESIZE];
    if (if_indextoname(index, name) != nullptr) names.insert(name);
  }
  return std::vector<std::string>(names.begin(), names.end());
}

std::optional<Link> find_link(const std::vector<Link>& all, std::string_view name) {
  const auto found = std::ranges::find(all, name, &Link::name);
  return found == all.end() ? std::nullopt : std::optional(*found);
}

Result<Monitor> Monitor::open() {
  Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!fd) return fail_errno();
  sockaddr_nl self{};
  self.nl_family = AF_NETLINK;
  self.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&self), sizeof self) < 0) return fail_errno();
  return Monitor(std::move(fd));
}

Monitor::Changes Monitor::drain() {
  Changes changes;
  alignas(nlmsghdr) std::array<char, 32768> buffer;
  for (;;) {
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    // The queue overflowed: something changed, nobody knows what.
    if (got < 0 && errno == ENOBUFS) {
      changes = {true, true, true};
      continue;
    }
    if (got <= 0) return changes;
    int left = static_cast<int>(got);
    for (auto* note = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(note, static_cast<unsigned>(left));
         note = NLMSG_NEXT(note, left)) {
      const int type = note->nlmsg_type;
      if (type == RTM_NEWLINK || type == RTM_DELLINK) changes.links = true;
      if (type == RTM_NEWADDR || type == RTM_DELADDR) changes.addresses = true;
      // Of a router's thousands of routes only the default ones matter here.
      const bool route = type == RTM_NEWROUTE || type == RTM_DELROUTE;
      if (route && static_cast<rtmsg*>(NLMSG_DATA(note))->rtm_dst_len == 0) changes.routes = true;
    }
  }
}

}  // namespace weir::steer
