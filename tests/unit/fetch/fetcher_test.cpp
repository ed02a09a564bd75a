// A server of our own on the loopback interface, which answers as each test wants and remembers what it was asked.
#include "fetch/fetcher.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/fd.h"

namespace weir::fetch {
namespace {

class Server {
 public:
  Server() : listening_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof address;
    if (bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) std::abort();
    listen(listening_.get(), 8);
    getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }

  std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  /// Answers the next connection with these bytes and closes it; returns the request.
  std::string answer(const std::string& bytes) {
    const Fd client(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string request;
    char piece[4096];
    while (!request.contains("\r\n\r\n")) {
      const ssize_t got = recv(client.get(), piece, sizeof piece, 0);
      if (got <= 0) break;
      request.append(piece, static_cast<std::size_t>(got));
    }
    send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return request;
  }

 private:
  Fd listening_;
  std::uint16_t port_ = 0;
};

std::string ok(const std::string& body, const std::string& fields = "") {
  return "HTTP/1.1 200 OK\r\nConnection: close\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

/// Waits for the one answer.
Fetched answer_of(Fetcher& fetcher) {
  for (;;) {
    auto answers = fetcher.take();
    if (!answers.empty()) return std::move(answers.front());
    std::this_thread::yield();
  }
}

TEST(Fetcher, BringsABodyWithItsValidators) {
  Server server;
  Fetcher fetcher;
  fetcher.ask({.name = "ads", .url = server.url("/ads"), .etag = "", .last_modified = ""});
  const std::string request =
      server.answer(ok("a.example\n", "ETag: \"v1\"\r\nLast-Modified: Sat, 01 Mar 2025 00:00:00 GMT\r\n"));
  const Fetched fetched = answer_of(fetcher);
  EXPECT_EQ(fetched.failure, "");
  EXPECT_TRUE(fetched.changed);
  EXPECT_EQ(fetched.name, "ads");
  EXPECT_EQ(fetched.body, "a.example\n");
  EXPECT_EQ(fetched.etag, "\"v1\"");
  EXPECT_EQ(fetched.last_modified, "Sat, 01 Mar 2025 00:00:00 GMT");
  EXPECT_TRUE(request.starts_with("GET /ads HTTP/1.1\r\n")) << request;
  EXPECT_FALSE(request.contains("If-"));
}

// RFC 9110 §13.1.2 and §13.1.3: If-None-Match wins, so the other is not sent with it.
TEST(Fetcher, AsksOnConditionAndTellsWhenNothingChanged) {
  Server server;
  Fetcher fetcher;
  fetcher.ask({.name = "ads", .url = server.url("/"), .etag = "\"v1\"", .last_modified = "yesterday"});
  const std::string both = server.answer("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(both.contains("If-None-Match: \"v1\"\r\n")) << both;
  EXPECT_FALSE(both.contains("If-Modified-Since"));
  const Fetched same = answer_of(fetcher);
  EXPECT_EQ(same.failure, "");
  EXPECT_FALSE(same.changed);
  fetcher.ask({.name = "ads", .url = server.url("/"), .etag = "", .last_modified = "yesterday"});
  const std::string dated = server.answer("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(dated.contains("If-Modified-Since: yesterday\r\n")) << dated;
  answer_of(fetcher);
}

TEST(Fetcher, FollowsAFewRedirectsAndTakesTheValidatorsOfTheLastAnswer) {
  Server server;
  Fetcher fetcher({.redirects = 1});
  const std::string away =
      "HTTP/1.1 302 Found\r\nConnection: close\r\nETag: \"no\"\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n";
  fetcher.ask({.name = "ads", .url = server.url("/here"), .etag = "", .last_modified = ""});
  server.answer(away);
  server.answer(ok("a.example\n"));
  const Fetched fetched = answer_of(fetcher);
  EXPECT_EQ(fetched.body, "a.example\n");
  EXPECT_EQ(fetched.etag, "");
  fetcher.ask({.name = "ads", .url = server.url("/here"), .etag = "", .last_modified = ""});
  server.answer(away);
  server.answer(away);
  EXPECT_NE(answer_of(fetcher).failure, "");
}

TEST(Fetcher, AnErrorIsNoList) {
  Server server;
  Fetcher fetcher;
  fetcher.ask({.name = "ads", .url = server.url("/"), .etag = "", .last_modified = ""});
  server.answer("HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
  const Fetched fetched = answer_of(fetcher);
  EXPECT_EQ(fetched.failure, "the server answered 503");
  EXPECT_FALSE(fetched.changed);
  EXPECT_EQ(fetched.body, "");
}

TEST(Fetcher, WhatIsTooLargeOrCutShortIsNotUsed) {
  Server server;
  Fetcher fetcher({.bytes = 1024});
  const auto failure_of = [&](const std::string& bytes) {
    fetcher.ask({.name = "ads", .url = server.url("/"), .etag = "", .last_modified = ""});
    server.answer(bytes);
    const Fetched fetched = answer_of(fetcher);
    EXPECT_EQ(fetched.body, "");
    return fetched.failure;
  };
  EXPECT_EQ(failure_of(ok(std::string(1025, 'x'))), "it has more than 1 KiB");
  EXPECT_EQ(failure_of("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(1025, 'x')),
            "it has more than 1 KiB")
      << "also when its size was not announced";
  EXPECT_NE(failure_of("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), "");
}

TEST(Fetcher, OtherSchemesAndNobodyThereAreFailures) {
  Fetcher fetcher;
  fetcher.ask({.name = "a", .url = "file:///etc/passwd", .etag = "", .last_modified = ""});
  EXPECT_NE(answer_of(fetcher).failure, "");
  std::string url;
  {
    Server gone;
    url = gone.url("/");
  }
  fetcher.ask({.name = "b", .url = url, .etag = "", .last_modified = ""});
  EXPECT_NE(answer_of(fetcher).failure, "");
}

TEST(Fetcher, StopsInTheMiddleOfATransfer) {
  Server server;
  std::optional<Fetcher> fetcher(std::in_place);
  fetcher->ask({.name = "ads", .url = server.url("/"), .etag = "", .last_modified = ""});
  fetcher.reset();  // nobody ever answers: this must come back
}

}  // namespace
}  // namespace weir::fetch
