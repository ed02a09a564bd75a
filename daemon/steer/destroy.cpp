#include "steer/destroy.h"

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <netlink/msg.h>

#include <cstring>
#include <optional>

namespace weir::steer {

namespace {

void put(__be32 (&to)[4], const Address& address) {
  const bool v4 = address.is_v4();
  std::memcpy(to, address.octets.data() + (v4 ? 12 : 0), v4 ? 4 : 16);
}

inet_diag_req_v2 question(const Endpoint& local, const Endpoint& remote) {
  inet_diag_req_v2 asked{};
  asked.sdiag_family = local.address.is_v4() ? AF_INET : AF_INET6;
  asked.sdiag_protocol = IPPROTO_TCP;
  asked.idiag_states = ~0U;
  asked.id.idiag_sport = htons(local.port);
  asked.id.idiag_dport = htons(remote.port);
  put(asked.id.idiag_src, local.address);
  put(asked.id.idiag_dst, remote.address);
  asked.id.idiag_cookie[0] = asked.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return asked;
}

}  // namespace

Result<Destroyer> Destroyer::open() {
  auto netlink = Netlink::open(NETLINK_SOCK_DIAG);
  if (!netlink) return std::unexpected(netlink.error());
  return Destroyer(std::move(*netlink));
}

// Where no connection matches, the kernel's look-up returns a listener on the local port: asked for a connection from
// an origin's port 443 it would end the gateway's own web server.  So the socket is looked at first, and the one that
// was looked at, by its cookie, is destroyed.
Result<Destroyed> Destroyer::destroy(const Endpoint& local, const Endpoint& remote) {
  inet_diag_req_v2 asked = question(local, remote);
  std::optional<inet_diag_msg> found;
  auto looked = netlink_.ask(request(SOCK_DIAG_BY_FAMILY, 0, asked),
                             [&](nlmsghdr* answer) { found = *static_cast<inet_diag_msg*>(nlmsg_data(answer)); });
  if (!looked && is(looked.error(), ENOENT)) return Destroyed::not_found;
  if (!looked) return std::unexpected(looked.error());
  if (!found || found->idiag_state == TCP_LISTEN) return Destroyed::not_found;

  std::memcpy(asked.id.idiag_cookie, found->id.idiag_cookie, sizeof asked.id.idiag_cookie);
  auto destroyed = netlink_.ask(request(SOCK_DESTROY, 0, asked));
  if (destroyed) return Destroyed::yes;
  if (is(destroyed.error(), EOPNOTSUPP)) return Destroyed::unsupported;
  // Gone, or replaced by another socket, between question and command.
  if (is(destroyed.error(), ENOENT) || is(destroyed.error(), ESTALE)) return Destroyed::not_found;
  return std::unexpected(destroyed.error());
}

}  // namespace weir::steer
