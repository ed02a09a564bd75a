#include "sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace weir::steer {

namespace {

// Without duplicate address detection an IPv6 address is of use at once.
void settle() { sh("ip link set lo up; sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0"); }

}  // namespace

Host::Host() {
  int ready[2];
  if (::pipe(ready) != 0) std::abort();
  holder_ = ::fork();
  if (holder_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::unshare(CLONE_NEWNET) != 0) ::_exit(1);
    if (::write(ready[1], "", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  ::close(ready[1]);
  char byte;
  const bool up = ::read(ready[0], &byte, 1) == 1;
  ::close(ready[0]);
  namespace_.reset(::open(("/proc/" + pid() + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
  if (!up || !namespace_) {
    std::perror("a network namespace cannot be made");
    std::abort();
  }
  in(settle);
}

Host::~Host() {
  ::kill(holder_, SIGKILL);
  ::waitpid(holder_, nullptr, 0);
}

void Host::in(const std::function<void()>& what) const {
  const Fd here(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::setns(namespace_.get(), CLONE_NEWNET), 0);
  what();
  ASSERT_EQ(::setns(here.get(), CLONE_NEWNET), 0);
}

void enter_fresh_namespace() {
  ASSERT_EQ(::unshare(CLONE_NEWNET), 0) << "these tests need root";
  settle();
}

void sh(const std::string& command) { EXPECT_EQ(std::system(command.c_str()), 0) << command; }

std::string output(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen(command.c_str(), "r");
  char buffer[4096];
  for (std::size_t got; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, got);
  ::pclose(pipe);
  return text;
}

Lab::Lab() {
  sh("ip link add lan0 type veth peer name c0");
  sh("ip link add wan0 type veth peer name o0");
  sh("ip link set c0 netns " + client.pid());
  sh("ip link set o0 netns " + origin.pid());
  sh("ip addr add 10.71.0.1/24 dev lan0; ip addr add fd71::1/64 dev lan0 nodad; ip link set lan0 up");
  sh("ip addr add 10.72.0.1/24 dev wan0; ip addr add fd72::1/64 dev wan0 nodad; ip link set wan0 up");
  sh("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
  client.in([] {
    sh("ip addr add 10.71.0.2/24 dev c0; ip addr add fd71::2/64 dev c0 nodad; ip link set c0 up");
    sh("ip route add default via 10.71.0.1; ip -6 route add default via fd71::1");
  });
  origin.in([] {
    sh("ip addr add 10.72.0.2/24 dev o0; ip addr add fd72::2/64 dev o0 nodad; ip link set o0 up");
    sh("ip route add 10.71.0.0/24 via 10.72.0.1; ip -6 route add fd71::/64 via fd72::1");
  });
}

}  // namespace weir::steer
