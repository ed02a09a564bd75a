// Lists from the internet.  One thread asks one server after the other, so that whoever is slow there keeps nobody
// waiting here: questions go in as values, answers come out as values.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/units.h"

namespace weir::fetch {

struct Request {
  std::string name;           ///< whose it is; comes back with the answer
  std::string url;            ///< http:// or https://
  std::string etag;           ///< of the copy that is there already; "" = none
  std::string last_modified;  ///< the same
};

struct Fetched {
  std::string name;
  std::string url;            ///< that was asked for
  std::string failure;        ///< why there is no answer, in words; "" = there is one
  bool changed = false;       ///< false: what is there already is still good (RFC 9110 §15.4.5)
  std::string body;           ///< if it changed, as these two
  std::string etag;           ///< RFC 9110 §8.8.3, as it came
  std::string last_modified;  ///< RFC 9110 §8.8.2, as it came
};

struct Limits {
  std::size_t bytes = 256 << 20;                ///< of a body, also after Content-Encoding is undone
  Duration connect = std::chrono::seconds(30);  ///< until the server is reached
  Duration whole = std::chrono::minutes(10);    ///< for everything
  Duration silence = std::chrono::seconds(60);  ///< without a byte
  unsigned redirects = 5;                       ///< https is never left for http
};

class Fetcher {
 public:
  explicit Fetcher(const Limits& limits = {});
  /// A transfer that runs is given up.
  ~Fetcher();

  /// Answered some time later, by take().  Any thread.
  void ask(Request request);
  /// What has been answered since the last call.  Any thread.
  std::vector<Fetched> take();

 private:
  void run(std::stop_token stop);

  Limits limits_;
  std::mutex mutex_;
  std::condition_variable_any more_;
  std::deque<Request> waiting_;
  std::vector<Fetched> done_;
  std::jthread thread_;
};

}  // namespace weir::fetch
