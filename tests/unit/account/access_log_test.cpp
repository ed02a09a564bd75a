#include "account/access_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/fd.h"

namespace weir::account {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class AccessLogTest : public testing::Test {
 protected:
  AccessLogTest() {
    std::string pattern = (fs::temp_directory_path() / "weir-log-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~AccessLogTest() override { fs::remove_all(folder_); }

  std::string path(const char* name) const { return (folder_ / name).string(); }
  static std::vector<std::string> lines(const std::string& file) {
    std::ifstream in(file);
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  static bool soon(const std::function<bool()>& holds) {
    for (int i = 0; i < 500; ++i) {
      if (holds()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  static Record record(FlowId id) {
    Record r;
    r.id = id;
    r.host = "host.example";
    return r;
  }

  fs::path folder_;
};

TEST(RingTest, FullSaysNoAndKeepsTheOrder) {
  Ring ring;
  Record r;
  for (FlowId id = 0; id < Ring::capacity; ++id) {
    r.id = id;
    ASSERT_TRUE(ring.push(r));
  }
  EXPECT_FALSE(ring.push(r));
  EXPECT_EQ(ring.pop()->id, 0u);
  r.id = 777777;
  EXPECT_TRUE(ring.push(r));
  for (FlowId id = 1; id < Ring::capacity; ++id) ASSERT_EQ(ring.pop()->id, id);
  EXPECT_EQ(ring.pop()->id, 777777u);
  EXPECT_FALSE(ring.pop());
}

TEST_F(AccessLogTest, WritesEveryRecordOfEveryProducerAndWhatWasQueuedAtTheEnd) {
  {
    AccessLog log({.where = path("access.log")}, 2);
    for (FlowId id = 0; id < 1000; ++id) {
      ASSERT_TRUE(log.push(0, record(id)));
      ASSERT_TRUE(log.push(1, record(1000 + id)));
    }
  }
  std::vector<bool> seen(2000);
  for (const std::string& line : lines(path("access.log"))) {
    seen.at(std::stoull(nlohmann::json::parse(line).at("flow").get<std::string>(), nullptr, 16)) = true;
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), true), 2000);
}

TEST_F(AccessLogTest, ARecordIsWrittenWithoutTheNextOne) {
  AccessLog log({.where = path("access.log")}, 1);
  for (std::size_t i = 1; i <= 20; ++i) {
    log.push(0, record(i));
    ASSERT_TRUE(soon([&] { return lines(path("access.log")).size() == i; }));
  }
}

TEST_F(AccessLogTest, MakesTheFolderAndAFileThatOthersCannotRead) {
  {
    AccessLog log({.where = path("weir/access.log")}, 1);
    EXPECT_EQ(log.error(), std::error_code()) << "nothing to say before the first trouble";
  }
  struct stat status {};
  ASSERT_EQ(::stat(path("weir/access.log").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0007, 0u);
}

TEST_F(AccessLogTest, ReopenFollowsARotation) {
  AccessLog log({.where = path("access.log")}, 1);
  log.push(0, record(1));
  ASSERT_TRUE(soon([&] { return lines(path("access.log")).size() == 1; }));
  fs::rename(path("access.log"), path("access.log.1"));
  log.push(0, record(2));
  ASSERT_TRUE(soon([&] { return lines(path("access.log.1")).size() == 2; }));
  log.reopen();
  ASSERT_TRUE(soon([&] { return fs::exists(path("access.log")); }));
  log.push(0, record(3));
  EXPECT_TRUE(soon([&] { return lines(path("access.log")).size() == 1; }));
  EXPECT_EQ(lines(path("access.log.1")).size(), 2u);
}

TEST_F(AccessLogTest, AnotherPathTakesOverAndOffWritesNothing) {
  AccessLog log({}, 1);
  EXPECT_TRUE(log.push(0, record(1)));
  log.reopen({.where = path("b.log")});
  ASSERT_TRUE(soon([&] { return fs::exists(path("b.log")); }));
  log.push(0, record(2));
  ASSERT_TRUE(soon([&] { return lines(path("b.log")).size() == 1; }));
  EXPECT_NE(lines(path("b.log"))[0].find("0000000000000002"), std::string::npos);
  log.reopen(LogSettings{});
  log.push(0, record(3));
  std::this_thread::sleep_for(30ms);
  EXPECT_EQ(lines(path("b.log")).size(), 1u);
  EXPECT_FALSE(log.error());
}

TEST_F(AccessLogTest, OnlyBlockedLeavesWhatARuleRefusesOrWould) {
  {
    AccessLog log({.where = path("access.log"), .only_blocked = true}, 1);
    Record allowed = record(1), blocked = record(2), trial = record(3), would_allow = record(4);
    blocked.action = Action::redirect;
    trial.would = Action::block;
    would_allow.would = Action::allow;
    for (const Record& one : {allowed, blocked, trial, would_allow}) EXPECT_TRUE(log.push(0, one));
  }
  const auto written = lines(path("access.log"));
  ASSERT_EQ(written.size(), 2u);
  EXPECT_NE(written[0].find("0000000000000002"), std::string::npos);
  EXPECT_NE(written[1].find("0000000000000003"), std::string::npos);
}

TEST_F(AccessLogTest, HeadsAndQueriesAreWantedByThoseWhoWriteThemOnly) {
  AccessLog log({.where = path("access.log")}, 1);
  EXPECT_FALSE(log.wants_heads() || log.wants_query());
  log.reopen({.where = path("access.log"), .format = LogFormat::combined, .query = true});
  EXPECT_TRUE(log.wants_heads() && log.wants_query());
  log.reopen({.where = "", .format = LogFormat::combined});
  EXPECT_FALSE(log.wants_heads());
}

TEST_F(AccessLogTest, AnotherFormatHoldsForWhatIsWrittenFromThenOn) {
  AccessLog log({.where = path("access.log")}, 1);
  log.push(0, record(1));
  ASSERT_TRUE(soon([&] { return lines(path("access.log")).size() == 1; }));
  log.reopen({.where = path("access.log"), .format = LogFormat::squid});
  ASSERT_TRUE(soon([&] {
    log.push(0, record(2));
    return lines(path("access.log")).back().find(" CONNECT host.example:0 ") != std::string::npos;
  }));
  EXPECT_EQ(lines(path("access.log")).front().front(), '{');
}

TEST_F(AccessLogTest, APathThatCannotBeOpenedIsCountedSaidAndTriedAgain) {
  fs::create_directory(path("taken"));
  AccessLog log({.where = path("taken")}, 1);
  EXPECT_TRUE(log.push(0, record(1)));
  ASSERT_TRUE(soon([&] { return log.lost() == 1; }));
  EXPECT_EQ(log.error(), std::errc::is_a_directory);

  fs::remove(path("taken"));
  EXPECT_TRUE(soon([&] {
    log.push(0, record(2));
    return fs::exists(path("taken")) && lines(path("taken")).size() > 0;
  }));
  EXPECT_FALSE(log.error());
}

TEST_F(AccessLogTest, TheOldFileServesWhileTheNewOneCannotBeOpened) {
  AccessLog log({.where = path("access.log")}, 1);
  log.push(0, record(1));
  ASSERT_TRUE(soon([&] { return lines(path("access.log")).size() == 1; }));
  fs::create_directory(path("taken"));
  log.reopen({.where = path("taken")});
  ASSERT_TRUE(soon([&] { return log.error() == std::errc::is_a_directory; }));
  log.push(0, record(2));
  ASSERT_TRUE(soon([&] { return lines(path("access.log")).size() == 2; }));
  EXPECT_TRUE(log.error()) << "a written line must not hide that the path is wrong";
  EXPECT_EQ(log.lost(), 0u);
}

TEST_F(AccessLogTest, AFullDiskLosesLinesAndSaysWhy) {
  AccessLog log({.where = "/dev/full"}, 1);
  for (FlowId id = 0; id < 10; ++id) log.push(0, record(id));
  ASSERT_TRUE(soon([&] { return log.lost() == 10; }));
  EXPECT_EQ(log.error(), std::errc::no_space_on_device);
}

TEST_F(AccessLogTest, AFifoWithoutAReaderHangsNobody) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  AccessLog log({.where = path("fifo")}, 1);
  log.push(0, record(1));
  ASSERT_TRUE(soon([&] { return log.lost() == 1; }));

  // A pipe that nobody empties takes lines until it is full, the last one cut; then the ring goes on losing them.
  Fd reader(::open(path("fifo").c_str(), O_RDONLY | O_NONBLOCK));
  ASSERT_TRUE(soon([&] {
    for (FlowId id = 0; id < 200; ++id) log.push(0, record(id));
    return log.error() == std::errc::resource_unavailable_try_again;
  }));
  std::string all;
  auto read_some = [&] {
    char buffer[64 << 10];
    for (ssize_t n; (n = ::read(reader.get(), buffer, sizeof buffer)) > 0;)
      all.append(buffer, static_cast<std::size_t>(n));
  };
  ASSERT_TRUE(soon([&] {
    log.push(0, record(0xfeed));
    read_some();
    return all.find("feed") != std::string::npos && !log.error();
  }));
  // A cut line stands alone: no line holds the end of one record and the beginning of another.
  std::istringstream lines_of(all);
  for (std::string line; std::getline(lines_of, line);) EXPECT_EQ(line.rfind("{\"ts\""), 0u) << line;
}

TEST_F(AccessLogTest, AFullRingDropsInsteadOfWaiting) {
  AccessLog log({.where = path("access.log")}, 1);
  bool dropped = false;
  // Faster than any writer: a million records in one go.
  for (int i = 0; i < 1000000 && !dropped; ++i) dropped = !log.push(0, record(1));
  EXPECT_TRUE(dropped);
}

}  // namespace
}  // namespace weir::account
