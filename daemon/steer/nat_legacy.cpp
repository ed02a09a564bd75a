// The nat tables of legacy iptables, as the kernel hands them to iptables itself: a header, then variable-length
// entries.
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>

#include "base/fd.h"
#include "steer/nat.h"

// The kernel's headers yield to the C library's only if those come first.
#include <net/if.h>

#include <linux/netfilter/x_tables.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

namespace weir::steer {

namespace {

constexpr char kTable[] = "nat";

// Asking for a table that is not loaded would load it, and connection tracking with it.
bool loaded(const char* proc) {
  std::ifstream file(proc);
  for (std::string line; std::getline(file, line);)
    if (line == kTable) return true;
  return false;
}

unsigned bits(const void* mask, std::size_t size) {
  unsigned count = 0;
  for (std::size_t i = 0; i < size; ++i) count += std::popcount(static_cast<const unsigned char*>(mask)[i]);
  return count;
}

Prefix source(const ipt_ip& ip) {
  return {Address::v4(ntohl(ip.src.s_addr)), static_cast<std::uint8_t>(96 + bits(&ip.smsk, sizeof ip.smsk))};
}
Prefix source(const ip6t_ip6& ip) {
  return {Address::v6(ip.src), static_cast<std::uint8_t>(bits(&ip.smsk, sizeof ip.smsk))};
}
bool everywhere(const ipt_ip& ip) { return bits(&ip.dmsk, sizeof ip.dmsk) == 0 || (ip.invflags & IPT_INV_DSTIP) != 0; }
bool everywhere(const ip6t_ip6& ip) {
  return bits(&ip.dmsk, sizeof ip.dmsk) == 0 || (ip.invflags & IP6T_INV_DSTIP) != 0;
}

// The interface name is compared under its mask: a mask shorter than the name is iptables' "eth+".
template <class Ip>
bool leaves_by(const Ip& ip, std::string_view link) {
  char name[IFNAMSIZ] = {};
  std::memcpy(name, link.data(), std::min(link.size(), sizeof name - 1));
  bool same = true;
  for (std::size_t i = 0; i < IFNAMSIZ; ++i) same = same && ((name[i] ^ ip.outiface[i]) & ip.outiface_mask[i]) == 0;
  static_assert(IPT_INV_VIA_OUT == IP6T_INV_VIA_OUT);
  return same != ((ip.invflags & IPT_INV_VIA_OUT) != 0);
}

template <class Ip>
bool of_clients(const Ip& ip, const std::vector<Prefix>& clients) {
  static_assert(IPT_INV_SRCIP == IP6T_INV_SRCIP);
  if (clients.empty() || (ip.invflags & IPT_INV_SRCIP) != 0) return true;
  return std::ranges::any_of(clients, [&](const Prefix& c) { return overlap(source(ip), c); });
}

bool translates(const xt_entry_target& target) {
  const std::string_view name(target.u.user.name);
  return name == "MASQUERADE" || name == "SNAT" || name == "NETMAP";
}

template <class Info, class Entries, class Entry, class Ip>
bool covered(int family, int level, int get_info, int get_entries, Ip Entry::*ip, std::string_view link,
             const std::vector<Prefix>& clients) {
  Fd socket(::socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
  if (!socket) return false;
  Info info{};
  std::strcpy(info.name, kTable);
  socklen_t size = sizeof info;
  if (::getsockopt(socket.get(), level, get_info, &info, &size) < 0) return false;

  std::vector<char> buffer(sizeof(Entries) + info.size);
  auto* head = reinterpret_cast<Entries*>(buffer.data());
  std::strcpy(head->name, kTable);
  head->size = info.size;
  size = static_cast<socklen_t>(buffer.size());
  if (::getsockopt(socket.get(), level, get_entries, head, &size) < 0) return false;

  const char* at = reinterpret_cast<const char*>(head->entrytable);
  for (unsigned offset = 0; offset + sizeof(Entry) <= info.size;) {
    const auto* entry = reinterpret_cast<const Entry*>(at + offset);
    const auto* target = reinterpret_cast<const xt_entry_target*>(at + offset + entry->target_offset);
    const Ip& where = entry->*ip;
    if (translates(*target) && leaves_by(where, link) && of_clients(where, clients) && everywhere(where)) return true;
    if (entry->next_offset == 0) break;
    offset += entry->next_offset;
  }
  return false;
}

}  // namespace

NatCover nat_in_legacy_tables(std::string_view link, const std::vector<Prefix>& clients) {
  NatCover cover;
  if (loaded("/proc/net/ip_tables_names"))
    cover.v4 = covered<ipt_getinfo, ipt_get_entries, ipt_entry>(AF_INET, SOL_IP, IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES,
                                                                &ipt_entry::ip, link, clients);
  if (loaded("/proc/net/ip6_tables_names"))
    cover.v6 = covered<ip6t_getinfo, ip6t_get_entries, ip6t_entry>(
        AF_INET6, SOL_IPV6, IP6T_SO_GET_INFO, IP6T_SO_GET_ENTRIES, &ip6t_entry::ipv6, link, clients);
  return cover;
}

}  // namespace weir::steer
