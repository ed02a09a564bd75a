#include "control/slowness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "account/ledger.h"

namespace weir::control {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using account::Span;

constexpr std::int64_t start = 1'741'575'600;  // on the hour
constexpr std::int64_t hour = 3600, day = 24 * hour;

class SlownessTest : public testing::Test {
 protected:
  SlownessTest() {
    std::string pattern = (fs::temp_directory_path() / "weir-slowness-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~SlownessTest() override { fs::remove_all(folder_); }

  void carry(Span span, Duration took) {
    for (int i = 0; i < 20; ++i) books_.ledger(0).timings().add(span, took);
  }
  /// From one look to the next, with traffic between them.
  void pass(Slowness& slowness, std::int64_t from, std::int64_t to) {
    for (std::int64_t now = from; now < to; now += 60) {
      slowness.look([&] { return books_.timings(); }, now);
      carry(Span::origin_passed, 10ms);
      carry(Span::inside, 200us);
    }
  }
  Slow compare(const Slowness& slowness, std::int64_t now) { return slowness.compare(books_.timings(), now); }
  std::string path() const { return folder_ + "/slow.json"; }
  static const SlowStage& stage(const Slow& slow, const std::string& name) {
    return *std::ranges::find(slow.stages, name, &SlowStage::stage);
  }

  std::string folder_;
  account::Books books_{1, {}};
};

TEST_F(SlownessTest, HasNoUsualAtFirstAndSaysWhatItNeeds) {
  Slowness slowness(folder_, start);
  pass(slowness, start, start + 600);
  const Slow slow = compare(slowness, start + 600);
  EXPECT_EQ(slow.verdict, "unknown");
  EXPECT_EQ(slow.usual, "");
  EXPECT_NE(slow.needs, "");
  EXPECT_EQ(slow.most, "origin");
  EXPECT_EQ(slow.trouble, "") << "the first run lacks nothing";
  ASSERT_EQ(slow.stages.size(), 4u);
  EXPECT_EQ(stage(slow, "client").spans.size(), 2u);
  EXPECT_NEAR(stage(slow, "origin").spans[0].now_ms, 10, 2.5);
  EXPECT_EQ(stage(slow, "origin").spans[0].usual_ms, 0);
}

TEST_F(SlownessTest, KeepsItsDaysOverARestart) {
  for (int ago = 3; ago > 0; --ago) {
    Slowness run(folder_, start - ago * day);
    pass(run, start - ago * day, start - ago * day + hour + 60);
  }
  Slowness slowness(folder_, start);
  slowness.look([&] { return books_.timings(); }, start);
  carry(Span::origin_passed, 300ms);
  carry(Span::inside, 200us);
  const Slow slow = compare(slowness, start + 60);
  EXPECT_EQ(slow.usual, "3 days at this hour");
  EXPECT_EQ(slow.verdict, "origin");
  EXPECT_TRUE(slow.passed_too);
  EXPECT_GT(slow.times, 10);
  EXPECT_EQ(slow.since, start);
  EXPECT_TRUE(stage(slow, "origin").spans[0].slow);
  EXPECT_FALSE(stage(slow, "inside").spans[0].slow);
  EXPECT_EQ(slow.needs, "");
}

TEST_F(SlownessTest, WritesNothingBeforeAnHourIsOver) {
  Slowness slowness(folder_, start);
  pass(slowness, start, start + hour);
  EXPECT_FALSE(fs::exists(path()));
  pass(slowness, start + hour, start + hour + 60);
  EXPECT_TRUE(fs::exists(path()));
  EXPECT_LT(fs::file_size(path()), 1000u);
}

TEST_F(SlownessTest, BeginsAfreshWithAFileThatItDoesNotUnderstand) {
  {
    Slowness run(folder_, start);
    pass(run, start, start + hour + 60);
  }
  std::stringstream whole;
  whole << std::ifstream(path()).rdbuf();
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string(R"({"version":1,"hours":[{}]})"),
        std::string(R"({"version":1,"hours":[{"begin":0,"took":{"inside_held":[1]},"handshakes":1,"segments":1}]})"),
        std::string(R"({"version":2,"hours":[]})"), whole.str().substr(0, whole.str().size() / 2)}) {
    std::ofstream(path(), std::ios::trunc) << text;
    Slowness slowness(folder_, start + hour);
    EXPECT_NE(slowness.trouble(), "") << text;
    EXPECT_EQ(compare(slowness, start + hour).trouble, slowness.trouble());
    EXPECT_EQ(compare(slowness, start + hour).verdict, "unknown");
  }
  Slowness slowness(folder_, start + hour);
  pass(slowness, start + hour, start + 2 * hour + 60);
  EXPECT_EQ(slowness.trouble(), "") << "the new file is there";
}

TEST_F(SlownessTest, CountsWhatWasSentAgainOnEachSide) {
  Slowness slowness(folder_, start);
  slowness.look([&] { return books_.timings(); }, start);
  books_.ledger(0).timings().handshake(account::Way::origin, true);
  books_.ledger(0).timings().handshake(account::Way::origin, false);
  books_.ledger(0).timings().sent(account::Way::client, 1000, 3);
  const Slow slow = compare(slowness, start + 60);
  ASSERT_EQ(slow.again.size(), 2u) << "a side to which nothing was sent says nothing";
  EXPECT_EQ(slow.again[0].side, "client");
  EXPECT_EQ(slow.again[0].carrier, "held");
  EXPECT_EQ(slow.again[0].again, 3u);
  EXPECT_EQ(slow.again[1].side, "origin");
  EXPECT_EQ(slow.again[1].carrier, "passed");
  EXPECT_EQ(slow.again[1].sent, 2u);
}

}  // namespace
}  // namespace weir::control
