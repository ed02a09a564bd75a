// Connections by the thousand, for tools/bench: a client that opens one after the other, and the origin it talks to.
//
// What matters here is that both cost little beside the gateway between them, and that nothing is taken for done that
// was not: a connection counts when every byte that was awaited has come, and whatever else happens to it is an error.
//
//   bench_load client --from A,A --to A,A --port P --first FILE --seconds S [--connections N] [--threads N]
//                     [--cut N]        the first N bytes of FILE in a segment of their own
//                     [--await N|closed|refused]   done after N bytes of the answer; when the peer has closed; when it
//                                      has closed or reset
//   bench_load origin --at A --port P --answer N [--threads N]
//                     answers whatever comes first with N bytes, then waits for the peer to close
//   bench_load soak FILE
//                     takes what its core has to spare and keeps in FILE how many nanoseconds that were (a uint64)
//
// The client prints one line of JSON: connections done, bytes received, errors by kind, latency of a connection.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr Seconds patience{5};          // a connection that takes longer has failed
constexpr std::size_t piece = 1 << 20;  // read or sent at once

[[noreturn]] void die(const std::string& text) {
  std::fprintf(stderr, "bench_load: %s\n", text.c_str());
  std::exit(2);
}
[[noreturn]] void die_errno(const std::string& text) { die(text + ": " + std::strerror(errno)); }

struct Options {
  std::vector<std::string> from, to;
  int port = 0;
  std::string first;
  double seconds = 1;
  int connections = 64;
  int threads = 1;
  std::size_t cut = 0;
  std::size_t await = 0;  // bytes; 0: until the peer closes
  bool reset_is_well = false;
  std::size_t answer = 0;
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    parts.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) die("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void await_what(Options& options, const std::string& value) {
  options.reset_is_well = value == "refused";
  if (value != "refused" && value != "closed") options.await = std::stoul(value);
}

Options parse(int count, char** words) {
  Options options;
  for (int i = 2; i < count; i += 2) {
    const std::string key = words[i];
    if (i + 1 == count) die(key + " needs a value");
    const std::string value = words[i + 1];
    if (key == "--from")
      options.from = split(value);
    else if (key == "--to" || key == "--at")
      options.to = split(value);
    else if (key == "--port")
      options.port = std::stoi(value);
    else if (key == "--first")
      options.first = content(value);
    else if (key == "--seconds")
      options.seconds = std::stod(value);
    else if (key == "--connections")
      options.connections = std::stoi(value);
    else if (key == "--threads")
      options.threads = std::stoi(value);
    else if (key == "--cut")
      options.cut = std::stoul(value);
    else if (key == "--await")
      await_what(options, value);
    else if (key == "--answer")
      options.answer = std::stoul(value);
    else
      die("unknown option " + key);
  }
  if (options.to.empty() || options.port == 0 || options.threads < 1) die("--to or --at, and --port are needed");
  return options;
}

sockaddr_in address_of(const std::string& text, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET, text.c_str(), &address.sin_addr) != 1) die("no address: " + text);
  return address;
}

void set(int fd, int level, int option) {
  const int on = 1;
  if (setsockopt(fd, level, option, &on, sizeof on) != 0) die_errno("setsockopt");
}

// --- client ---------------------------------------------------------------------------------------------------------

struct Results {
  std::uint64_t done = 0;
  std::uint64_t bytes = 0;
  std::map<std::string, std::uint64_t> errors;
  std::vector<float> micros;

  void add(const Results& other) {
    done += other.done;
    bytes += other.bytes;
    for (const auto& [what, count] : other.errors) errors[what] += count;
    micros.insert(micros.end(), other.micros.begin(), other.micros.end());
  }
};

// One thread: so many connections open at any time, each replaced by the next when it ends.
class Client {
 public:
  Client(const Options& options, int number, int connections) : options_(options), turn_(number), slots_(connections) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) die_errno("epoll_create1");
  }

  void run() {
    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(options_.seconds));
    for (Slot& slot : slots_) open(slot);
    for (auto checked = Clock::now(); Clock::now() < end;) {
      epoll_event events[256];
      const int count = epoll_wait(epoll_, events, 256, 100);
      for (int i = 0; i < count; ++i) step(slots_[events[i].data.u32], events[i].events);
      if (Clock::now() - checked < Seconds(1)) continue;
      checked = Clock::now();
      for (Slot& slot : slots_)
        if (checked - slot.begun > patience && options_.await < piece) fail(slot, "timeout");
    }
    for (const Slot& slot : slots_) results.bytes += slot.got;
  }

  Results results;

 private:
  struct Slot {
    int fd = -1;
    std::size_t got = 0;
    bool sent = false;
    Clock::time_point begun;
  };

  void open(Slot& slot) {
    const auto& [from, to] = next_pair();
    slot = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), .begun = Clock::now()};
    if (slot.fd < 0) die_errno("socket");
    set(slot.fd, IPPROTO_TCP, TCP_NODELAY);
    set(slot.fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT);
    if (bind(slot.fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) die_errno("bind");
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                      .data = {.u32 = static_cast<std::uint32_t>(&slot - slots_.data())}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, slot.fd, &event) != 0) die_errno("epoll_ctl");
    if (connect(slot.fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
      die_errno("connect");
  }

  // Every pair of addresses in turn: a client port rests for a minute after each connection.
  std::pair<sockaddr_in, sockaddr_in> next_pair() {
    const std::size_t turn = static_cast<std::size_t>(turn_++);
    return {address_of(options_.from[turn % options_.from.size()], 0),
            address_of(options_.to[turn / options_.from.size() % options_.to.size()], options_.port)};
  }

  void step(Slot& slot, std::uint32_t events) {
    if (!slot.sent && (events & EPOLLOUT) != 0 && (events & EPOLLERR) == 0 && !send_first(slot)) return;
    for (;;) {
      const ssize_t n = recv(slot.fd, nullptr, piece, MSG_TRUNC);  // TCP: counted, not copied
      if (n < 0 && errno == EAGAIN) return;
      if (n < 0 && errno == EINTR) continue;
      const bool refused = n < 0 && errno == ECONNRESET && options_.reset_is_well;
      if (slot.sent && options_.await == 0 && (n == 0 || refused)) return finish(slot);
      if (n == 0) return fail(slot, "closed early");
      if (n < 0) return fail(slot, std::strerror(errno));
      slot.got += static_cast<std::size_t>(n);
      if (options_.await != 0 && slot.got >= options_.await) return finish(slot);
    }
  }

  bool send_first(Slot& slot) {
    slot.sent = true;
    const std::string& first = options_.first;
    const std::size_t cut = std::min(options_.cut, first.size());
    for (const std::string_view part : {std::string_view(first).substr(0, cut), std::string_view(first).substr(cut)}) {
      if (part.empty()) continue;
      if (send(slot.fd, part.data(), part.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(part.size())) continue;
      fail(slot, "send");
      return false;
    }
    return true;
  }

  void finish(Slot& slot) {
    ++results.done;
    results.micros.push_back(std::chrono::duration<float, std::micro>(Clock::now() - slot.begun).count());
    again(slot);
  }
  void fail(Slot& slot, const char* what) {
    ++results.errors[what];
    again(slot);
  }
  void again(Slot& slot) {
    results.bytes += slot.got;
    close(slot.fd);
    open(slot);
  }

  const Options& options_;
  int turn_;
  int epoll_ = -1;
  std::vector<Slot> slots_;
};

double percentile(std::vector<float>& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

int client(const Options& options) {
  if (options.from.empty() || options.first.empty()) die("--from and --first are needed");
  std::vector<Client> clients;
  for (int i = 0; i < options.threads; ++i)
    clients.emplace_back(options, i * 7919, std::max(1, options.connections / options.threads));
  const auto begun = Clock::now();
  {
    std::vector<std::jthread> threads;
    for (Client& one : clients) threads.emplace_back([&one] { one.run(); });
  }
  const double took = Seconds(Clock::now() - begun).count();
  Results all;
  for (const Client& one : clients) all.add(one.results);
  std::sort(all.micros.begin(), all.micros.end());
  std::printf("{\"done\": %llu, \"bytes\": %llu, \"seconds\": %.3f, \"p50_us\": %.0f, \"p99_us\": %.0f, \"errors\": {",
              static_cast<unsigned long long>(all.done), static_cast<unsigned long long>(all.bytes), took,
              percentile(all.micros, 0.5), percentile(all.micros, 0.99));
  const char* comma = "";
  for (const auto& [what, count] : all.errors) {
    std::printf("%s\"%s\": %llu", comma, what.c_str(), static_cast<unsigned long long>(count));
    comma = ", ";
  }
  std::puts("}}");
  return 0;
}

// --- origin ---------------------------------------------------------------------------------------------------------

// One thread and its own listener; the kernel shares connections out between them.
class Origin {
 public:
  explicit Origin(const Options& options) : options_(options) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (epoll_ < 0 || listener < 0) die_errno("socket");
    set(listener, SOL_SOCKET, SO_REUSEADDR);
    set(listener, SOL_SOCKET, SO_REUSEPORT);
    const sockaddr_in at = address_of(options.to[0], options.port);
    if (bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || listen(listener, 4096) != 0)
      die_errno("listen");
    listener_ = listener;
    epoll_event event{.events = EPOLLIN, .data = {.fd = listener}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, listener, &event) != 0) die_errno("epoll_ctl");
    content_ = memfd_create("answer", MFD_CLOEXEC);
    if (content_ < 0 || ftruncate(content_, piece) != 0) die_errno("memfd_create");
  }

  [[noreturn]] void run() {
    for (;;) {
      epoll_event events[256];
      const int count = epoll_wait(epoll_, events, 256, -1);
      for (int i = 0; i < count; ++i) {
        if (events[i].data.fd == listener_)
          admit();
        else
          step(events[i].data.fd);
      }
    }
  }

 private:
  void admit() {
    for (;;) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      set(fd, IPPROTO_TCP, TCP_NODELAY);
      if (left_.size() <= static_cast<std::size_t>(fd)) left_.resize(static_cast<std::size_t>(fd) + 64);
      left_[static_cast<std::size_t>(fd)] = unasked;
      epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.fd = fd}};
      if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) die_errno("epoll_ctl");
    }
  }

  void step(int fd) {
    std::size_t& left = left_[static_cast<std::size_t>(fd)];
    for (;;) {
      const ssize_t n = recv(fd, nullptr, piece, MSG_TRUNC);
      if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        close(fd);
        return;
      }
      if (n < 0 && errno == EAGAIN) break;
      if (n > 0 && left == unasked) left = options_.answer;
    }
    while (left != unasked && left > 0) {
      off_t from = 0;
      const ssize_t n = sendfile(fd, content_, &from, std::min(left, piece));
      if (n <= 0) return;  // no room, or a reset that recv() will tell
      left -= static_cast<std::size_t>(n);
    }
  }

  static constexpr std::size_t unasked = ~std::size_t{0};
  const Options& options_;
  int epoll_ = -1;
  int listener_ = -1;
  int content_ = -1;
  std::vector<std::size_t> left_;  // by descriptor: what is still to be sent
};

int origin(const Options& options) {
  std::vector<Origin> origins;
  for (int i = 0; i < options.threads; ++i) origins.emplace_back(options);
  std::puts("ready");
  std::fflush(stdout);
  std::vector<std::jthread> threads;
  for (Origin& one : origins) threads.emplace_back([&one] { one.run(); });
  return 0;
}

// --- soak -----------------------------------------------------------------------------------------------------------

// The kernel counts time in ticks, and none of an interrupt that wakes an idle core: plain forwarding would look free.
// So the lowest priority there is reads the clock without end; a gap between two readings is somebody else's.
[[noreturn]] void soak(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, sizeof(std::uint64_t)) != 0) die_errno(path);
  void* place = mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  const sched_param none{};
  if (place == MAP_FAILED || sched_setscheduler(0, SCHED_IDLE, &none) != 0) die_errno("soak");
  constexpr std::chrono::nanoseconds gap{400};
  auto* spare = static_cast<volatile std::uint64_t*>(place);
  for (auto last = Clock::now();;) {
    const auto now = Clock::now();
    if (now - last < gap) *spare = *spare + static_cast<std::uint64_t>((now - last).count());
    last = now;
  }
}

}  // namespace

int main(int count, char** words) {
  const std::string role = count > 1 ? words[1] : "";
  if (role == "soak" && count == 3) soak(words[2]);
  if (role != "client" && role != "origin") die("the first word is client, origin or soak");
  const Options options = parse(count, words);
  std::signal(SIGPIPE, SIG_IGN);  // sendfile() to a peer that has gone
  return role == "client" ? client(options) : origin(options);
}
