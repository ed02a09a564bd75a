// The server on a real unix socket and loop, against clients that behave and clients that do not.
#include "control/server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <future>
#include <thread>

#include "control/socket.h"
#include "fake_desk.h"

namespace weir::control {
namespace {

namespace fs = std::filesystem;

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    std::string pattern = (fs::temp_directory_path() / "weir-serve-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    path_ = (folder_ / "s").string();
    socket_.emplace(*Socket::listen(path_));
    loop_.spawn(run());
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~ServerTest() override {
    loop_.stop();
    thread_.join();
    fs::remove_all(folder_);
  }

  io::Task<void> run() {
    Handler handler = [this](std::string_view method, std::string_view target) {
      if (stand_) std::exchange(stand_, {})();
      return answer(desk_, method, target);
    };
    Result<void> end = co_await serve(loop_, socket_->take(), std::move(handler));
    EXPECT_TRUE(end);
  }

  Fd dial() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    Fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    timeval limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return client;
  }
  static std::string read_all(int fd) {
    std::string all;
    char buffer[4096];
    for (ssize_t n; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) all.append(buffer, static_cast<std::size_t>(n));
    return all;
  }
  std::string ask(std::string_view bytes) {
    Fd client = dial();
    ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return read_all(client.get());
  }
  static int status_of(const std::string& response) {
    return response.rfind("HTTP/1.1 ", 0) == 0 ? std::stoi(response.substr(9, 3)) : 0;
  }

  fs::path folder_;
  std::string path_;
  FakeDesk desk_;
  std::function<void()> stand_;  // before the next answer
  io::Loop loop_;
  std::optional<Socket> socket_;
  std::thread thread_;
};

constexpr const char* good = "GET /v1/reasons HTTP/1.1\r\nHost: weir\r\n\r\n";

TEST_F(ServerTest, AnswersAndCloses) {
  std::string response = ask(good);
  EXPECT_EQ(status_of(response), 200);
  EXPECT_NE(response.find("\r\nContent-Type: application/json\r\n"), std::string::npos);
  EXPECT_NE(response.find("\r\n\r\n{\""), std::string::npos);
  EXPECT_EQ(response.back(), '}');
}

TEST_F(ServerTest, ARequestInPiecesIsARequest) {
  Fd client = dial();
  for (const char* c = good; *c; ++c) ASSERT_EQ(::send(client.get(), c, 1, MSG_NOSIGNAL), 1);
  EXPECT_EQ(status_of(read_all(client.get())), 200);
}

TEST_F(ServerTest, JunkIsRefusedAndTheNextClientServed) {
  EXPECT_EQ(status_of(ask("\x16\x03\x01\x02")), 400) << "refused at its first byte, not after a timeout";
  EXPECT_EQ(status_of(ask("SSH-2.0-OpenSSH\r\n\r\n")), 400);
  EXPECT_EQ(status_of(ask("GET /v1/status HTTP/1.1\r\n\r\n")), 400);
  EXPECT_EQ(status_of(ask("GET /v1/status HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")), 400);
  EXPECT_EQ(status_of(ask("GET /v1/status HTTP/1.1\r\nHost : a\r\n\r\n")), 400);
  EXPECT_EQ(
      status_of(ask("POST /v1/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n")),
      400);
  EXPECT_EQ(status_of(ask("POST /v1/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd")), 413);
  EXPECT_EQ(status_of(ask("POST /v1/reload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")), 413);
  EXPECT_EQ(status_of(ask("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")), 404);
  EXPECT_EQ(desk_.reloads_, 0);
  EXPECT_EQ(status_of(ask(good)), 200);
}

TEST_F(ServerTest, ARequestLargerThanItsBufferIsRefused) {
  EXPECT_EQ(status_of(ask("GET /v1/status HTTP/1.1\r\nHost: a\r\nX: " + std::string(20000, 'x') + "\r\n\r\n")), 431);
}

TEST_F(ServerTest, WhatFollowsTheRequestIsNotAnswered) {
  std::string response = ask(std::string(good) + good);
  EXPECT_EQ(response.find("HTTP/1.1", 1), std::string::npos);
}

TEST_F(ServerTest, AClientThatSaysNothingIsToldAfterAWhileAndHoldsNobodyUp) {
  Fd silent = dial();
  EXPECT_EQ(status_of(ask(good)), 200);
  EXPECT_EQ(status_of(read_all(silent.get())), 408);
}

// A daemon that stood still finds the requests of all who asked meanwhile, those who gave up among them.
TEST_F(ServerTest, AChangeIsNotCarriedOutForOneWhoHasLeft) {
  std::promise<void> standing, go_on;
  stand_ = [&] {
    standing.set_value();
    go_on.get_future().wait();
  };
  std::thread busy([this] { ask(good); });
  standing.get_future().wait();
  const std::string reload = "POST /v1/reload HTTP/1.1\r\nHost: weir\r\n\r\n";
  {
    Fd given_up = dial();
    ASSERT_EQ(::send(given_up.get(), reload.data(), reload.size(), MSG_NOSIGNAL), std::ssize(reload));
  }
  Fd half = dial();
  ASSERT_EQ(::send(half.get(), reload.data(), reload.size(), MSG_NOSIGNAL), std::ssize(reload));
  ::shutdown(half.get(), SHUT_WR);
  go_on.set_value();
  EXPECT_EQ(status_of(read_all(half.get())), 422) << "who only sends no more waits for his answer";
  busy.join();
  EXPECT_EQ(status_of(ask(good)), 200);
  EXPECT_EQ(desk_.reloads_, 1);
}

TEST_F(ServerTest, OneClientTooManyIsClosed) {
  std::vector<Fd> silent;
  for (std::size_t i = 0; i < most_clients; ++i) silent.push_back(dial());
  EXPECT_EQ(ask(good), "");
  silent.clear();
  // The closed ones give their places back as soon as the server has seen it.
  for (int i = 0; i < 100 && status_of(ask(good)) != 200; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(status_of(ask(good)), 200);
}

TEST_F(ServerTest, StopEndsItWithClientsConnected) {
  Fd silent = dial();
  ::send(silent.get(), good, 10, MSG_NOSIGNAL);
  EXPECT_EQ(status_of(ask(good)), 200);
}  // the fixture stops the loop, and would hang if the server did not end

}  // namespace
}  // namespace weir::control
