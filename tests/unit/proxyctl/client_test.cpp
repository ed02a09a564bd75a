// The client against a socket that this test answers by hand.
#include "proxyctl/client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/fd.h"
#include "proxyctl/command.h"
#include "proxyctl/commands.h"

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
  int status_exit(bool json = false) {
    Arguments arguments;
    arguments.json = json;
    return exit_of(status, std::move(arguments));
  }
  int exit_of(int (*command)(const Arguments&, const Look&), Arguments arguments) {
    arguments.socket = path_;
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    int exit = command(arguments, {});
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
  EXPECT_EQ(status_exit(/*json=*/true), control::exit_refused);
  const auto last = control::parse_json<control::Status>(out_);
  ASSERT_TRUE(last) << out_;
  EXPECT_EQ(last->state, "hangs");
  EXPECT_EQ(last->version, "9.9");
  EXPECT_NE(err_.find("the daemon does not answer, since 2025-03-10"), std::string::npos) << err_;
  std::ofstream(path_ + ".last") << "{";
  EXPECT_EQ(status_exit(), control::exit_refused);
  EXPECT_EQ(out_, "") << "a page that is not understood is none";
}

TEST_F(ClientTest, ExitsWithOneWhenTheDaemonRefuses) {
  serve("HTTP/1.1 404 Not Found\r\nContent-Length: 25\r\n\r\n{\"error\":\"no such path\"} ");
  EXPECT_EQ(status_exit(), control::exit_refused);
  EXPECT_NE(err_.find("no such path"), std::string::npos);
}

TEST_F(ClientTest, ExitsWithTwoWhenTheQuestionIsNotUnderstood) {
  serve("HTTP/1.1 400 Bad Request\r\n\r\n{\"error\":\"client: not understood; it takes an address\"}");
  Arguments arguments;
  arguments.client = "@kids";
  EXPECT_EQ(exit_of(flows, std::move(arguments)), control::exit_usage);
  EXPECT_NE(err_.find("it takes an address"), std::string::npos) << err_;
}

TEST_F(ClientTest, AWindowThatIsTooLongIsUsageAndNobodyIsAsked) {
  Arguments arguments;
  arguments.confirm = "30d";
  EXPECT_EQ(exit_of(reload, std::move(arguments)), control::exit_usage);
  EXPECT_NE(err_.find("--confirm takes at most 7d"), std::string::npos) << err_;
}

TEST_F(ClientTest, WhoReadsTheLogOfTheDaemonAndKnowsWhatItWritesThere) {
  const std::string log = (folder_ / "access.log").string();
  const std::string answer = "HTTP/1.1 200 OK\r\n\r\n{\"log\":{\"path\":\"";
  std::ofstream(log) << R"({"ts":"2025-03-10T11:00:00.000Z","client":"192.0.2.7","host":"other.example"})" << '\n';
  Arguments arguments;
  arguments.host = "files.example";
  serve(answer + log + R"(","format":"json","only":"blocked"}})");
  EXPECT_EQ(exit_of(who, arguments), control::exit_done);
  EXPECT_NE(out_.find("nobody was refused files.example"), std::string::npos) << out_;
  server_.join();
  fs::remove(path_);

  std::ofstream(log) << "192.0.2.7 - - [10/Mar/2025:11:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"\n";
  serve(answer + log + R"(","format":"combined","only":"all"}})");
  EXPECT_EQ(exit_of(who, arguments), control::exit_refused);
  EXPECT_NE(out_.find("this log cannot be read"), std::string::npos) << out_;
  server_.join();
  fs::remove(path_);

  serve(answer + R"("}})");
  EXPECT_EQ(exit_of(who, arguments), control::exit_refused);
  EXPECT_NE(err_.find("the access log is off"), std::string::npos) << err_;
  server_.join();
  fs::remove(path_);

  const Fd hung = listen();
  EXPECT_EQ(exit_of(who, arguments), control::exit_refused);
  EXPECT_NE(err_.find("does not answer"), std::string::npos) << "where it writes is not known: " << err_;
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

TEST(CommandLine, WhatIsNoNumberOfAChangeIsToldInWords) {
  for (const char* text : {"x", "0", "1e3", "99999999999"}) {
    Arguments arguments;
    CLI::App app;
    declare(app, arguments);
    try {
      app.parse(std::string("undo ") + text);
      ADD_FAILURE() << text;
    } catch (const CLI::ParseError& error) {
      EXPECT_NE(std::string(error.what()).find("the number of a change"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace weir::proxyctl
