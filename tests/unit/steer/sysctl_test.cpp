#include "steer/sysctl.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sandbox.h"

namespace weir::steer {
namespace {

constexpr char kEarly[] = "net.ipv4.tcp_early_demux";

class Sysctl : public testing::Test {
 protected:
  void SetUp() override {
    enter_fresh_namespace();
    std::filesystem::remove_all(directory);
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  static std::string early() { return *read_sysctl(kEarly); }

  const std::string directory = testing::TempDir() + "weir-sysctl-" + std::to_string(::getpid());
  const std::string state = directory + "/run/sysctl";
};

TEST_F(Sysctl, SetsWhatIsNeededAndPutsItBack) {
  const std::vector<std::string> on = {"net.ipv4.tcp_syncookies", "net.ipv4.tcp_window_scaling", "net.ipv4.tcp_sack",
                                       "net.ipv4.tcp_timestamps"};
  sh("sysctl -qw net.ipv4.tcp_early_demux=1");
  for (const std::string& name : on) sh("sysctl -qw " + name + "=0");
  ASSERT_TRUE(apply_sysctls(needed_sysctls(), state));
  EXPECT_EQ(early(), "0");
  for (const std::string& name : on) EXPECT_EQ(*read_sysctl(name), "1");
  EXPECT_TRUE(needed_sysctls().empty());
  EXPECT_EQ(list_sysctls(state).size(), 1 + on.size());
  ASSERT_TRUE(restore_sysctls(state));
  EXPECT_EQ(early(), "1");
  for (const std::string& name : on) EXPECT_EQ(*read_sysctl(name), "0");
  EXPECT_FALSE(std::filesystem::exists(state));
}

TEST_F(Sysctl, LeavesAValueThatSomebodyChangedSince) {
  ASSERT_TRUE(apply_sysctls({{"net.ipv4.tcp_syncookies", "2"}}, state));
  sh("sysctl -qw net.ipv4.tcp_syncookies=0");
  ASSERT_TRUE(restore_sysctls(state));
  EXPECT_EQ(*read_sysctl("net.ipv4.tcp_syncookies"), "0");
}

// A crash between two runs: the second finds the setting as needed and must still know what it was before the first.
TEST_F(Sysctl, RemembersTheOldestValueAcrossACrash) {
  ASSERT_EQ(early(), "1");
  ASSERT_TRUE(apply_sysctls(needed_sysctls(), state));
  ASSERT_TRUE(apply_sysctls(needed_sysctls(), state));
  ASSERT_TRUE(apply_sysctls({{kEarly, "0"}}, state));
  ASSERT_TRUE(restore_sysctls(state));
  EXPECT_EQ(early(), "1");
}

TEST_F(Sysctl, WritesNoFileWhereNothingHadToChange) {
  ASSERT_TRUE(apply_sysctls({{kEarly, early()}}, state));
  EXPECT_FALSE(std::filesystem::exists(state));
  EXPECT_TRUE(restore_sysctls(state));
}

TEST_F(Sysctl, ChangesNothingThatItCannotRecord) {
  const auto refused = apply_sysctls(needed_sysctls(), "/proc/weir/sysctl");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Errc::system);
  EXPECT_EQ(early(), "1");
}

TEST_F(Sysctl, IgnoresATornStateFile) {
  std::filesystem::create_directories(directory + "/run");
  std::ofstream(state) << kEarly << " 1\n" << kEarly << "\n\n" << kEarly << " 1 ";
  EXPECT_TRUE(list_sysctls(state).empty());
  EXPECT_TRUE(restore_sysctls(state));
}

}  // namespace
}  // namespace weir::steer
