#include "run/name_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace weir::run {
namespace {

using namespace std::chrono_literals;

class NameWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("names" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    clients_ = {.names_by_place = false, .names = {(folder_ / "leases").string(), (folder_ / "hosts").string()}};
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const char* file, const std::string& text) { std::ofstream(folder_ / file) << text; }
  void follow() { watch_.follow(clients_, load::read_name_files(load::name_paths(clients_))); }
  /// A look, later than the one before.
  bool due(std::int64_t next_end = 0) { return watch_.due(now_ += 1s, WallTime(std::chrono::seconds(1000)), next_end); }

  std::filesystem::path folder_;
  config::Clients clients_;
  NameWatch watch_;
  Monotonic now_{};
};

TEST_F(NameWatchTest, SeesAChangeOnceItHasComeToRest) {
  write("leases", "10.0.0.1 a\n");
  follow();
  EXPECT_FALSE(due());
  EXPECT_FALSE(due());
  write("leases", "10.0.0.1 a\n10.0.0.2 b\n");
  EXPECT_FALSE(due()) << "it may still be being written";
  write("leases", "10.0.0.1 a\n10.0.0.2 b\n10.0.0.3 c\n");
  EXPECT_FALSE(due());
  EXPECT_TRUE(due());
  EXPECT_FALSE(due());
}

TEST_F(NameWatchTest, SeesFilesComeAndGo) {
  follow();
  EXPECT_FALSE(due());
  write("hosts", "10.0.0.1 a\n");
  EXPECT_FALSE(due());
  EXPECT_TRUE(due());
  std::filesystem::remove(folder_ / "hosts");
  EXPECT_FALSE(due());
  EXPECT_TRUE(due());
}

TEST_F(NameWatchTest, IsDueWhenALeaseEnds) {
  follow();
  EXPECT_FALSE(due(1001));
  EXPECT_TRUE(due(1000));
}

TEST_F(NameWatchTest, LooksFourTimesASecondAtMost) {
  follow();
  EXPECT_FALSE(watch_.due(now_ + 1ms, {}, 0));
  write("hosts", "10.0.0.1 a\n");
  for (int ms = 2; ms < 250; ++ms) EXPECT_FALSE(watch_.due(now_ + std::chrono::milliseconds(ms), {}, 0));
}

}  // namespace
}  // namespace weir::run
