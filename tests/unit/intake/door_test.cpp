#include "intake/door.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <vector>

#include "sandbox.h"

namespace weir::intake {
namespace {

Fd dial(const Endpoint& to) {
  Fd socket(::socket(to.address.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage address{};
  const socklen_t size = to.to(address);
  EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  return socket;
}

// Of a queue of eight, two places stay free for handshakes that are under way.
TEST(Door, IsCrowdedWhenThreeQuartersOfAQueueWait) {
  steer::enter_fresh_namespace();
  steer::sh("sysctl -qw net.core.somaxconn=8");
  io::Loop loop;
  const auto door = Door::open(loop);
  ASSERT_TRUE(door) << "these tests need root";
  const std::pair<int, Endpoint> listeners[] = {{door->v4(), {*Address::parse("127.0.0.1"), door->port_v4()}},
                                                {door->v6(), {*Address::parse("::1"), door->port_v6()}}};
  for (const auto& [listener, at] : listeners) {
    std::vector<Fd> clients;
    for (int waiting = 0; waiting < 6; ++waiting) {
      EXPECT_FALSE(door->is_crowded()) << waiting << " wait";
      clients.push_back(dial(at));
    }
    EXPECT_TRUE(door->is_crowded());
    for (std::size_t waiting = clients.size(); waiting > 0; --waiting)
      EXPECT_TRUE(Fd(accept(listener, nullptr, nullptr)));
    EXPECT_FALSE(door->is_crowded());
  }
}

}  // namespace
}  // namespace weir::intake
