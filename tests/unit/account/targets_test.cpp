// Where lines go, against files, and against a journal and collectors that the test plays.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <utime.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "account/event_log.h"
#include "account/journal.h"
#include "account/log_file.h"
#include "account/syslog.h"

namespace weir::account {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class TargetTest : public testing::Test {
 protected:
  TargetTest() {
    std::string pattern = (fs::temp_directory_path() / "weir-target-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~TargetTest() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  static std::string content(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) found.push_back(entry.path().filename().string());
    std::ranges::sort(found);
    return found;
  }
  /// A file of `size` octets that was written last so long ago.
  void file(const std::string& name, std::size_t size, Duration ago) {
    std::ofstream(path(name)) << std::string(size, 'x');
    const std::time_t then = time(nullptr) - std::chrono::duration_cast<std::chrono::seconds>(ago).count();
    const utimbuf times{then, then};
    ::utime(path(name).c_str(), &times);
  }
  static std::string day(Duration ago) {
    const std::time_t then = time(nullptr) - std::chrono::duration_cast<std::chrono::seconds>(ago).count();
    char text[16];
    std::tm wall{};
    std::strftime(text, sizeof text, "%F", localtime_r(&then, &wall));
    return text;
  }
  static Message message(std::string text) { return {.text = std::move(text) + "\n", .ts = WallTime(1741605605042ms)}; }
  static std::string line(std::size_t size) { return std::string(size - 1, 'l'); }

  fs::path folder_;
};

constexpr FileLimits mebibyte{.age = 24h * 30, .size = 1 << 20};  // in pieces of 128 KiB

TEST_F(TargetTest, AFileOfAnotherDayIsTurnedOverAndBearsItsDate) {
  file("access.log", 10, 48h);
  auto log = LogFile::open(path("access.log"), mebibyte);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->write(std::vector{message("today")}).messages, 1u);
  EXPECT_EQ(names(), (std::vector<std::string>{"access.log", "access.log-" + day(48h)}));
  EXPECT_EQ(content(path("access.log")), "today\n");
  EXPECT_EQ(content(path("access.log-" + day(48h))), std::string(10, 'x'));
}

TEST_F(TargetTest, ADayThatEndsWhileNobodyWritesEndsItsFileToo) {
  file("access.log", 10, 48h);
  auto log = LogFile::open(path("access.log"), mebibyte);
  EXPECT_EQ(log->tend(), 0);
  EXPECT_EQ(names(), (std::vector<std::string>{"access.log", "access.log-" + day(48h)}));
}

TEST_F(TargetTest, AFullPieceIsTurnedOverWithinTheDayAndAllTogetherKeepTheirSize) {
  auto log = LogFile::open(path("access.log"), mebibyte);
  const std::vector batch{message(line(60 << 10))};
  for (int i = 0; i < 40; ++i) ASSERT_EQ(log->write(batch).messages, 1u);  // 2.3 MiB
  std::uint64_t sum = 0;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    EXPECT_LE(entry.file_size(), 128u << 10);
    sum += entry.file_size();
  }
  EXPECT_LE(sum, 1u << 20);
  EXPECT_GT(sum, 700u << 10) << "no more is removed than must be";
  EXPECT_TRUE(fs::exists(path("access.log-" + day(0h) + ".18"))) << "the last ones stay";
  EXPECT_FALSE(fs::exists(path("access.log-" + day(0h)))) << "the first go";
}

TEST_F(TargetTest, OldFilesGoByAgeAndNothingElseIsTouched) {
  file("access.log-2020-01-01", 10, 24h * 31);
  file("access.log-2020-01-01.3", 10, 24h * 31);
  file("access.log-2020-01-02", 10, 24h * 29);
  file("access.log-2020-01-01.gz", 10, 24h * 31);
  file("access.log.1", 10, 24h * 31);
  file("access.log-20200101", 10, 24h * 31);
  file("other.log-2020-01-01", 10, 24h * 31);
  auto log = LogFile::open(path("access.log"), mebibyte);
  EXPECT_EQ(names(), (std::vector<std::string>{"access.log", "access.log-2020-01-01.gz", "access.log-2020-01-02",
                                               "access.log-20200101", "access.log.1", "other.log-2020-01-01"}));
}

TEST_F(TargetTest, WithoutLimitsAFileIsNeverTurnedOver) {
  file("access.log", 10, 48h);
  file("access.log-2020-01-01", 10, 24h * 31);
  auto log = LogFile::open(path("access.log"), {});
  EXPECT_EQ(log->write(std::vector{message("today")}).messages, 1u);
  EXPECT_EQ(log->tend(), 0);
  EXPECT_EQ(names(), (std::vector<std::string>{"access.log", "access.log-2020-01-01"}));
}

TEST_F(TargetTest, AFileThatCannotBeTurnedOverIsWrittenFurther) {
  fs::create_directory(path("d"));
  auto log = LogFile::open(path("d/access.log"), mebibyte);
  const std::vector batch{message(line(100 << 10))};
  ASSERT_EQ(log->write(batch).messages, 1u);
  fs::rename(path("d"), path("gone"));
  fs::create_symlink("nowhere", path("d"));  // even for root there is no place for a new file
  const auto written = log->write(batch);
  EXPECT_EQ(written.messages, 1u);
  EXPECT_NE(written.error, 0);
  const auto again = log->write(batch);
  EXPECT_EQ(again.messages, 1u);
  EXPECT_EQ(again.error, written.error) << "said until it is over";
  EXPECT_EQ(fs::file_size(path("gone/access.log")), 300u << 10);
}

Fd journal_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return socket;
}

std::string receive(const Fd& socket) {
  pollfd ask{socket.get(), POLLIN, 0};
  if (::poll(&ask, 1, 5000) != 1) return "nothing";
  char buffer[16 << 10];
  const ssize_t n = ::recv(socket.get(), buffer, sizeof buffer, 0);
  return {buffer, static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
}

TEST_F(TargetTest, TheJournalGetsALineWithItsFields) {
  const Fd socket = journal_at(path("socket"));
  auto journal = Journal::open(path("socket"), "access");
  ASSERT_TRUE(journal);
  EXPECT_TRUE(journal->wants_fields());
  Message m = message("{}");
  m.severity = Severity::warning;
  m.fields = {{"WEIR_HOST", "a.example"}, {"WEIR_RULE", "two\nlines"}};
  EXPECT_EQ(journal->write(std::vector{m}).messages, 1u);
  EXPECT_EQ(receive(socket), std::string("MESSAGE={}\nPRIORITY=4\nSYSLOG_IDENTIFIER=weir-access\nWEIR_HOST=a.example\n"
                                         "WEIR_RULE\n\x09\0\0\0\0\0\0\0two\nlines\n",
                                         100));
}

TEST_F(TargetTest, WithoutAJournalThereIsAnErrorAndALineTooLargeIsLostAlone) {
  EXPECT_EQ(Journal::open(path("socket"), "access"), nullptr);
  EXPECT_EQ(errno, ENOENT);
  const Fd socket = journal_at(path("socket"));
  auto journal = Journal::open(path("socket"), "access");
  const auto written = journal->write(std::vector{message(line(8 << 20)), message("small")});
  EXPECT_EQ(written.messages, 1u);
  EXPECT_EQ(written.error, EMSGSIZE);
  EXPECT_FALSE(written.reopen);
  EXPECT_EQ(receive(socket).rfind("MESSAGE=small\n", 0), 0u);
}

// RFC 5424 §6: facility and severity, version, time, host, program, process, kind, no structured data, the line.
TEST(SyslogMessage, HasTheHeaderOfTheRfc) {
  const Message m{.text = "text\n", .ts = WallTime(1741605605042ms), .severity = Severity::error};
  EXPECT_EQ(syslog_message(m, {.host = "gw", .process = 7, .kind = "access"}),
            "<27>1 2025-03-10T11:20:05.042Z gw weir 7 access - text");
  const Message large{.text = std::string(20000, 'l') + "\n", .ts = m.ts};
  EXPECT_EQ(syslog_message(large, {.host = "gw", .process = 7, .kind = "access"}).size(), longest_syslog);
}

/// A collector on a port of loopback.
struct Listening {
  explicit Listening(int type) : fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    sockaddr_in any{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    ::bind(fd.get(), reinterpret_cast<sockaddr*>(&any), sizeof any);
    if (type == SOCK_STREAM) ::listen(fd.get(), 4);
    socklen_t length = sizeof any;
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&any), &length);
    collector = {.place = {"127.0.0.1", ntohs(any.sin_port)}, .tcp = type == SOCK_STREAM};
  }
  Fd accept() const {
    pollfd ask{fd.get(), POLLIN, 0};
    return ::poll(&ask, 1, 5000) == 1 ? Fd(::accept(fd.get(), nullptr, nullptr)) : Fd();
  }
  Fd fd;
  Collector collector;
};

TEST(Syslog, IsADatagramALine) {
  const Listening collector(SOCK_DGRAM);
  auto syslog = Syslog::open(collector.collector, "access");
  ASSERT_TRUE(syslog);
  const Message one{.text = "one\n"}, two{.text = "two\n"};
  EXPECT_EQ(syslog->write(std::vector{one, two}).messages, 2u);
  const std::string first = receive(collector.fd);
  EXPECT_EQ(first.rfind("<30>1 1970-01-01T00:00:00.000Z ", 0), 0u) << first;
  EXPECT_TRUE(first.ends_with(" access - one")) << first;
  EXPECT_TRUE(receive(collector.fd).ends_with(" access - two"));
}

// Whether a datagram arrives nobody says; that nobody listens is told once it is known, and is no reason to lose more.
TEST(Syslog, ADatagramThatComesBackIsSaidAndTheNextIsSent) {
  auto collector = std::make_optional<Listening>(SOCK_DGRAM);
  auto syslog = Syslog::open(collector->collector, "access");
  collector->fd.reset();
  const std::vector message{Message{.text = "x\n"}};
  EXPECT_EQ(syslog->write(message).messages, 1u);
  const auto written = syslog->write(message);
  EXPECT_EQ(written.messages, 1u) << "sent again after what came back for the first";
  EXPECT_EQ(written.error, ECONNREFUSED);
}

// RFC 6587 §3.4.1: the length, a blank, the message.
TEST(Syslog, CountsItsMessagesOnAStream) {
  const Listening collector(SOCK_STREAM);
  auto syslog = Syslog::open(collector.collector, "events");
  ASSERT_TRUE(syslog);
  const Fd peer = collector.accept();
  const Message one{.text = "one\n"};
  EXPECT_EQ(syslog->write(std::vector{one}).messages, 1u);
  const std::string frame = receive(peer);
  const std::size_t blank = frame.find(' ');
  ASSERT_NE(blank, frame.npos);
  EXPECT_EQ(std::stoul(frame.substr(0, blank)), frame.size() - blank - 1);
  EXPECT_TRUE(frame.ends_with(" events - one")) << frame;
}

TEST(Syslog, ACollectorThatClosedIsAskedForANewConnection) {
  const Listening collector(SOCK_STREAM);
  Outlet outlet("access");
  outlet.open({.where = "syslog+tcp://" + collector.collector.place.to_string()});
  ASSERT_FALSE(outlet.error());
  collector.accept().reset();
  const std::vector message{Message{.text = "again\n"}};
  outlet.write(message);
  const Fd peer = collector.accept();
  EXPECT_TRUE(receive(peer).ends_with(" access - again"));
  EXPECT_EQ(outlet.lost(), 0u);
  EXPECT_FALSE(outlet.error());
}

TEST(Syslog, ACollectorThatIsNotThereLosesLinesAndSaysSo) {
  Outlet outlet("access");
  std::string where;
  {
    const Listening gone(SOCK_STREAM);
    where = "syslog+tcp://" + gone.collector.place.to_string();
  }
  outlet.open({.where = where});
  EXPECT_EQ(outlet.error(), std::errc::connection_refused);
  const std::vector two{Message{.text = "x\n"}, Message{.text = "y\n"}};
  outlet.write(two);
  EXPECT_EQ(outlet.lost(), 2u);
}

TEST_F(TargetTest, EventsAreWrittenWithTheirTimeAndWeightAndWhatIsSaidBeforeTheEnd) {
  {
    EventLog events;
    events.say(Severity::info, "nobody wants this");
    events.reopen({.where = path("events.log")});
    events.say(Severity::warning, "list=ads update held:\nit is empty");
  }
  const std::string text = content(path("events.log"));
  EXPECT_TRUE(text.ends_with("Z warning list=ads update held: it is empty\n")) << text;
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
}

}  // namespace
}  // namespace weir::account
