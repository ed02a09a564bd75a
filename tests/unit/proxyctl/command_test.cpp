// Commands that need no daemon, from their arguments to their exit status.
#include "proxyctl/command.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace weir::proxyctl {
namespace {

namespace fs = std::filesystem;

class ExplainTest : public testing::Test {
 protected:
  ExplainTest() {
    std::string pattern = (fs::temp_directory_path() / "weir-explain-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    arguments_.config = (folder_ / "weir.toml").string();
    arguments_.client = "192.168.1.40";
    arguments_.socket = (folder_ / "nobody").string();
    arguments_.json = true;
    write(
        "[gateway]\nlan = [\"lo\"]\n"
        "[[rule]]\nname = \"web\"\ndest = [\"2001:db8::/32\"]\nport = [80]\naction = \"pass\"\n"
        "[[rule]]\nname = \"ads\"\nhost = [\".ads.example\"]\naction = \"block\"\n");
  }
  ~ExplainTest() override { fs::remove_all(folder_); }

  void write(const std::string& text) { std::ofstream(arguments_.config) << text; }
  int run() {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    int exit = explain(arguments_, {});
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return exit;
  }
  control::Explained explained() {
    EXPECT_EQ(run(), control::exit_done) << err_;
    return control::parse_json<control::Explained>(out_).value();
  }

  fs::path folder_;
  Arguments arguments_;
  std::string out_, err_;
};

TEST_F(ExplainTest, WorksFromAFileWithoutADaemon) {
  arguments_.host = "X.ads.example.";
  control::Explained e = explained();
  EXPECT_EQ(e.action, "block");
  EXPECT_EQ(e.rule, "ads");
  EXPECT_EQ(e.where, arguments_.config + ":8");
  EXPECT_EQ(e.port, 443u);
}

TEST_F(ExplainTest, JudgesByTheTimeThatIsGiven) {
  write("[gateway]\nlan = [\"lo\"]\n[[rule]]\nname = \"night\"\ntime = \"22:00-06:00\"\naction = \"block\"\n");
  arguments_.time = "2026-01-02 23:00";
  control::Explained e = explained();
  EXPECT_EQ(e.action, "block");
  EXPECT_EQ(e.time, "Fri 2026-01-02 23:00");
  arguments_.time = "2026-01-02 21:59";
  EXPECT_EQ(explained().action, "allow");
  arguments_.time = "at night";
  EXPECT_EQ(run(), control::exit_usage);
}

TEST_F(ExplainTest, ReadsEveryFormOfADestination) {
  struct {
    const char* dest;
    const char* address;
    unsigned port;
  } cases[] = {{"192.0.2.1", "192.0.2.1", 443},
               {"192.0.2.1:80", "192.0.2.1", 80},
               {"2001:db8::1", "2001:db8::1", 443},
               {"[2001:db8::1]", "2001:db8::1", 443},
               {"[2001:db8::1]:80", "2001:db8::1", 80}};
  for (const auto& c : cases) {
    arguments_.dest = c.dest;
    control::Explained e = explained();
    EXPECT_EQ(e.dest, c.address) << c.dest;
    EXPECT_EQ(e.port, c.port) << c.dest;
  }
  EXPECT_EQ(explained().rule, "web");
}

TEST_F(ExplainTest, WhatIsNoConnectionIsUsage) {
  for (const char* dest :
       {"host.example", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:8o", "[::1", ":80", "[]:80"}) {
    arguments_.dest = dest;
    EXPECT_EQ(run(), control::exit_usage) << dest;
    EXPECT_NE(err_.find("--dest"), std::string::npos) << dest;
  }
  arguments_.dest = "";
  arguments_.client = "1.2.3";
  EXPECT_EQ(run(), control::exit_usage);
  arguments_.client = "192.0.2.1";
  arguments_.host = "a b";
  EXPECT_EQ(run(), control::exit_usage);
}

TEST_F(ExplainTest, AFileWithMistakesIsRefusedWithEachOfThem) {
  write("[gateway]\nlan = [\"lo\"]\nwrokers = 2\nflor = \"splice\"\n");
  EXPECT_EQ(run(), control::exit_refused);
  EXPECT_NE(err_.find(":3:"), std::string::npos) << err_;
  EXPECT_NE(err_.find(":4:"), std::string::npos) << err_;
}

TEST_F(ExplainTest, AClientMayBeADeviceByHardwareAddressOrName) {
  write(
      "[gateway]\nlan = [\"lan0\"]\n[clients]\nnames = [\"hosts\"]\n[[rule]]\nclient = [\"tablet\", "
      "\"02:00:5e:10:00:01\"]\n"
      "action = \"block\"\n");
  std::ofstream(folder_ / "hosts") << "192.0.2.7 tablet\n";
  for (const char* client : {"tablet", "192.0.2.7", "02:00:5e:10:00:01"}) {
    arguments_.client = client;
    EXPECT_EQ(explained().action, "block") << client;
  }
  arguments_.client = "phone";
  EXPECT_EQ(run(), control::exit_refused);
  EXPECT_NE(err_.find("no device is called phone"), std::string::npos) << err_;
}

TEST_F(ExplainTest, WithoutAFileItAsksTheDaemon) {
  arguments_.config = "";
  EXPECT_EQ(run(), control::exit_not_running);
}

}  // namespace
}  // namespace weir::proxyctl
