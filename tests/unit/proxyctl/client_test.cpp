// The client against a socket that this test answers by hand.
#include "proxyctl/client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/fd.h"
#include "proxyctl/command.h"

namespace weir::proxyctl {
namespace {

namespace fs = std::filesystem;
using Why = Unanswered::Why;

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    std::string pattern = (fs::temp_directory_path() / "weir-ctl-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    path_ = (folder_ / "s").string();
  }
  ~ClientTest() override {
    if (server_.joinable()) server_.join();
    fs::remove_all(folder_);
  }

  Fd listen() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket.get(), 1), 0);
    return socket;
  }
  /// Reads one request, sends `response`, closes.
  void serve(std::string response) {
    server_ = std::thread([this, listener = listen(), response = std::move(response)] {
      Fd client(::accept(listener.get(), nullptr, nullptr));
      char buffer[4096];
      ssize_t n = ::read(client.get(), buffer, sizeof buffer);
      request_.assign(buffer, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
      EXPECT_EQ(::write(client.get(), response.data(), response.size()), static_cast<ssize_t>(response.size()));
    });
  }
  int status_exit() {
    Arguments arguments;
    arguments.socket = path_;
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    int exit = status(arguments, {});
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return exit;
  }

  fs::path folder_;
  std::string path_, request_, out_, err_;
  std::thread server_;
};

TEST_F(ClientTest, SendsOneRequestAndReadsTheAnswer) {
  serve("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
  auto answer = ask(path_, {.path = "/v1/flows", .query = {{"host", "a b&c=%"}, {"client", ""}, {"limit", "3"}}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "{}");
  server_.join();
  EXPECT_EQ(request_.rfind("GET /v1/flows?host=a%20b%26c%3D%25&limit=3 HTTP/1.1\r\n", 0), 0u) << request_;
}

TEST_F(ClientTest, ReadsAnAnswerThatEndsWithTheConnection) {
  serve("HTTP/1.1 200 OK\r\n\r\n{\"a\":1}");
  EXPECT_EQ(ask(path_, {.path = "/"})->body, "{\"a\":1}");
}

TEST_F(ClientTest, AnAnswerCutShortIsNoAnswer) {
  serve("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}");
  EXPECT_EQ(ask(path_, {.path = "/"}).error().why, Why::broken);
}

TEST_F(ClientTest, SomethingThatIsNotHttpIsNoAnswer) {
  serve("SSH-2.0-OpenSSH\r\n");
  EXPECT_EQ(ask(path_, {.path = "/"}).error().why, Why::broken);
}

TEST_F(ClientTest, APathThatIsTooLongForASocketIsRefused) {
  EXPECT_EQ(ask("/" + std::string(200, 'x'), {.path = "/"}).error().cause, std::errc::filename_too_long);
}

TEST_F(ClientTest, ExitsWithThreeWhenNobodyListens) {
  EXPECT_EQ(status_exit(), control::exit_not_running);
  EXPECT_NE(err_.find("not running"), std::string::npos);
  EXPECT_EQ(out_, "");
  { Fd dead = listen(); }  // the socket file of a daemon that was killed
  ASSERT_TRUE(fs::exists(path_));
  EXPECT_EQ(status_exit(), control::exit_not_running);
}

// A stopped process: the kernel takes the connection, and nobody answers.
TEST_F(ClientTest, WaitsAsLongAsItIsToldForADaemonThatHangs) {
  const Fd hung = listen();
  const auto answer = ask(path_, {.path = "/", .patience = std::chrono::seconds(1)});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().why, Why::silent);
}

TEST_F(ClientTest, ShowsTheLastPageOfADaemonThatHangs) {
  const Fd hung = listen();
  EXPECT_EQ(status_exit(), control::exit_refused);
  EXPECT_NE(err_.find("does not answer"), std::string::npos) << "it left no page";
  std::ofstream(path_ + ".last") << R"({"written":1741609800,"status":{"state":"running","version":"9.9"}})";
  EXPECT_EQ(status_exit(), control::exit_refused);
  EXPECT_NE(out_.find("the daemon does not answer, since 2025-03-10"), std::string::npos) << out_;
  EXPECT_NE(out_.find("9.9"), std::string::npos);
  std::ofstream(path_ + ".last") << "{";
  EXPECT_EQ(status_exit(), control::exit_refused);
  EXPECT_EQ(out_, "") << "a page that is not understood is none";
}

TEST_F(ClientTest, ExitsWithOneWhenTheDaemonRefuses) {
  serve("HTTP/1.1 404 Not Found\r\nContent-Length: 25\r\n\r\n{\"error\":\"no such path\"} ");
  EXPECT_EQ(status_exit(), control::exit_refused);
  EXPECT_NE(err_.find("no such path"), std::string::npos);
}

TEST_F(ClientTest, ExitsWithOneWhenTheAnswerIsNotUnderstood) {
  serve("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n[[[[");
  EXPECT_EQ(status_exit(), control::exit_refused);
}

TEST_F(ClientTest, AnAnswerOfTheWrongShapeIsSaidNotThrown) {
  serve("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"version\":1}");
  EXPECT_EQ(status_exit(), control::exit_refused);
  EXPECT_NE(err_.find("--json"), std::string::npos);
}

TEST_F(ClientTest, JsonIsPrintedAsTheDaemonSentIt) {
  serve("HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\n{\"version\":\"9\",  \"new\":[1,2]}");
  Arguments arguments;
  arguments.socket = path_;
  arguments.json = true;
  testing::internal::CaptureStdout();
  int exit = status(arguments, {});
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "{\"version\":\"9\",  \"new\":[1,2]}\n");
  EXPECT_EQ(exit, control::exit_done);
}

}  // namespace
}  // namespace weir::proxyctl
