// Heads of stored responses: what is kept of them, what a newer one changes, and how they are told.

#include "cache/head.h"

#include "written.h"

namespace weir::cache {
namespace {

using namespace std::chrono_literals;

const WallTime now{std::chrono::sys_days(std::chrono::year(2025) / 3 / 10) + 11h};
constexpr std::string_view date = "Date: Mon, 10 Mar 2025 11:00:00 GMT\r\n";

StoredHead stored(std::string_view lines) { return StoredHead::of(response(lines)->head, now); }

// Order, case and octets of what is kept are those that came.
TEST(StoredHead, KeepsWhatCame) {
  const auto head = stored("sErver: a  b\nDate: Mon, 10 Mar 2025 11:00:00 GMT\nX-A: 1\nContent-Length: 2\nX-A: \xff\n");
  EXPECT_EQ(head.text(), "HTTP/1.1 200 Words\r\nsErver: a  b\r\n" + std::string(date) +
                             "X-A: 1\r\nContent-Length: 2\r\nX-A: \xff\r\n\r\n");
}

// RFC 9111 §3.1 and §5.2.2.4; RFC 9110 §6.6.1.
TEST(StoredHead, LeavesOutWhatIsNotForStores) {
  const auto head = stored(
      "Connection: x-hop, close\nX-Hop: 1\nKeep-Alive: 5\nProxy-Authenticate: a\nTE: a\nUpgrade: a\nAge: 7\n"
      "Transfer-Encoding: chunked\nCache-Control: no-cache=\"x-mine\", max-age=5\nX-Mine: 1\nX-All: 1\n");
  EXPECT_EQ(head.text(), "HTTP/1.1 200 Words\r\nCache-Control: no-cache=\"x-mine\", max-age=5\r\nX-All: 1\r\n" +
                             std::string(date) + "\r\n");
}

// RFC 9111 §3.2.
TEST(StoredHead, IsUpdatedInPlace) {
  const auto head = stored(
      "Date: Sun, 09 Mar 2025 11:00:00 GMT\nX-A: 1\nX-B: 1\nX-A: 2\nContent-Length: 2\nContent-Encoding: gzip\n");
  const auto newer = response(
      "x-a: 3\nDate: Mon, 10 Mar 2025 11:00:00 GMT\nContent-Length: 99\nContent-Encoding: br\nX-C: 1\nX-Hop: 1\n"
      "Connection: x-hop\n",
      304);
  EXPECT_EQ(head.updated_by(newer->head, now).text(),
            "HTTP/1.1 200 Words\r\n" + std::string(date) +
                "x-a: 3\r\nX-B: 1\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\nX-C: 1\r\n\r\n");
}

TEST(StoredHead, IsAsOldAsTheLastWordAboutIt) {
  const auto head = stored("Date: Sun, 09 Mar 2025 11:00:00 GMT\nX-A: 1\n");
  EXPECT_EQ(head.updated_by(response("", 304)->head, now).text(),
            "HTTP/1.1 200 Words\r\nX-A: 1\r\n" + std::string(date) + "\r\n");
}

std::string told(const StoredHead& head, const Telling& telling) {
  std::string out;
  head.tell(telling, out);
  return out;
}

// RFC 9111 §5.1: whole seconds.
TEST(StoredHead, IsToldWithItsAgeAndALength) {
  const auto head = stored("Date: Mon, 10 Mar 2025 11:00:00 GMT\n");
  const std::string all = "HTTP/1.1 200 Words\r\n" + std::string(date);
  EXPECT_EQ(told(head, {.age = 3999ms, .size = 7}), all + "Content-Length: 7\r\nAge: 3\r\n\r\n");
  EXPECT_EQ(told(head, {.chunked = true}), all + "Transfer-Encoding: chunked\r\nAge: 0\r\n\r\n");
  EXPECT_EQ(told(head, {.close = true}), all + "Age: 0\r\nConnection: close\r\n\r\n");
  const auto measured = stored("Content-Length: 7\nDate: Mon, 10 Mar 2025 11:00:00 GMT\n");
  EXPECT_EQ(
      told(measured, {.size = 7, .keep_alive = true}),
      "HTTP/1.1 200 Words\r\nContent-Length: 7\r\n" + std::string(date) + "Age: 0\r\nConnection: keep-alive\r\n\r\n");
}

// RFC 9110 §15.4.5, §15.3.7, §15.5.17.
TEST(StoredHead, IsToldAsLessThanTheWhole) {
  const auto head = stored(
      "Date: Mon, 10 Mar 2025 11:00:00 GMT\nETag: \"a\"\nContent-Type: text/plain\nContent-Location: /x\n"
      "Content-Length: 10\n");
  EXPECT_EQ(told(head, {.as = Telling::As::not_modified}), "HTTP/1.1 304 Not Modified\r\n" + std::string(date) +
                                                               "ETag: \"a\"\r\nContent-Location: /x\r\nAge: 0\r\n\r\n");
  EXPECT_EQ(told(head, {.as = Telling::As::part, .size = 10, .slice = {2, 3}}),
            "HTTP/1.1 206 Partial Content\r\n" + std::string(date) +
                "ETag: \"a\"\r\nContent-Type: text/plain\r\nContent-Location: /x\r\nContent-Range: bytes 2-4/10\r\n"
                "Content-Length: 3\r\nAge: 0\r\n\r\n");
  EXPECT_EQ(
      told(head, {.as = Telling::As::unsatisfiable, .size = 10}),
      "HTTP/1.1 416 Range Not Satisfiable\r\n" + std::string(date) +
          "ETag: \"a\"\r\nContent-Location: /x\r\nContent-Range: bytes */10\r\nContent-Length: 0\r\nAge: 0\r\n\r\n");
}

}  // namespace
}  // namespace weir::cache
