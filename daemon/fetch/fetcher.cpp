#include "fetch/fetcher.h"

#include <curl/curl.h>
#include <pthread.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"

namespace weir::fetch {

namespace {

struct Close {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Curl = std::unique_ptr<CURL, Close>;
using Fields = std::unique_ptr<curl_slist, Close>;

/// One exchange, while libcurl carries it.
struct Exchange {
  const Limits& limits;
  std::stop_token stop;
  Fetched fetched = {};
  bool too_large = false;
};

std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* of) {
  auto& exchange = *static_cast<Exchange*>(of);
  exchange.too_large = size > exchange.limits.bytes - exchange.fetched.body.size();
  if (exchange.too_large) return 0;
  exchange.fetched.body.append(bytes, size);
  return size;
}

/// Fields of every answer on the way: a status line begins a new one.
std::size_t take_field(char* bytes, std::size_t, std::size_t size, void* of) {
  constexpr std::size_t longest = 1024;  // of a validator; it is kept on disk and sent back
  Fetched& fetched = static_cast<Exchange*>(of)->fetched;
  const std::string_view line = trim(std::string_view(bytes, size), " \t\r\n");
  const auto colon = line.find(':');
  if (line.starts_with("HTTP/")) fetched.etag = fetched.last_modified = {};
  if (colon == line.npos || line.size() > longest) return size;
  const std::string_view name = line.substr(0, colon), value = trim(line.substr(colon + 1));
  if (equal_fold(name, "ETag")) fetched.etag = value;
  if (equal_fold(name, "Last-Modified")) fetched.last_modified = value;
  return size;
}

int may_go_on(void* of, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Exchange*>(of)->stop.stop_requested() ? 1 : 0;
}

void add(Fields& fields, const std::string& name, const std::string& value) {
  if (value.empty()) return;
  if (curl_slist* longer = curl_slist_append(fields.get(), (name + ": " + value).c_str())) {
    fields.release();
    fields.reset(longer);
  }
}

long milliseconds(Duration d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d).count(); }

void set_limits(CURL* curl, const Request& request, const Limits& limits) {
  const bool secure = lower(std::string_view(request.url).substr(0, 6)) == "https:";
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, static_cast<long>(limits.redirects));
  curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(limits.bytes));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(limits.connect));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, milliseconds(limits.whole));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, std::max(1L, milliseconds(limits.silence) / 1000));
}

std::string status_text(long status) { return "the server answered " + std::to_string(status); }

/// What came of it, in words; "" = well.
std::string failure_of(CURL* curl, CURLcode code, const Exchange& exchange, const char* detail) {
  if (exchange.too_large || code == CURLE_FILESIZE_EXCEEDED)
    return "it has more than " + size_text(exchange.limits.bytes);
  if (code != CURLE_OK) return detail[0] != '\0' ? detail : curl_easy_strerror(code);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return status == 200 || status == 304 ? "" : status_text(status);
}

Fetched fetch(const Request& request, const Limits& limits, std::stop_token stop) {
  Exchange exchange{.limits = limits, .stop = std::move(stop)};
  const Curl curl(curl_easy_init());
  Fields fields;
  add(fields, "If-None-Match", request.etag);  // RFC 9110 §13.1.2
  if (request.etag.empty()) add(fields, "If-Modified-Since", request.last_modified);
  char detail[CURL_ERROR_SIZE] = "";
  CURL* c = curl.get();
  curl_easy_setopt(c, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);  // a resolver that hangs does not keep Weir from stopping
  curl_easy_setopt(c, CURLOPT_USERAGENT, "weir");
  curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields.get());
  curl_easy_setopt(c, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_field);
  curl_easy_setopt(c, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, may_go_on);
  curl_easy_setopt(c, CURLOPT_XFERINFODATA, &exchange);
  curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
  set_limits(c, request, limits);

  const CURLcode code = curl_easy_perform(c);
  Fetched& fetched = exchange.fetched;
  fetched.name = request.name;
  fetched.url = request.url;
  fetched.failure = failure_of(c, code, exchange, detail);
  long status = 0;
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
  fetched.changed = fetched.failure.empty() && status == 200;
  if (!fetched.changed) fetched.body = {};
  return std::move(fetched);
}

}  // namespace

Fetcher::Fetcher(const Limits& limits) : limits_(limits) {
  curl_global_init(CURL_GLOBAL_DEFAULT);  // before its thread begins
  thread_ = std::jthread([this](std::stop_token stop) {
    pthread_setname_np(pthread_self(), "weir-fetch");
    run(std::move(stop));
  });
}

Fetcher::~Fetcher() {
  thread_.request_stop();
  thread_.join();
  curl_global_cleanup();
}

void Fetcher::ask(Request request) {
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(request));
  }
  more_.notify_one();
}

std::vector<Fetched> Fetcher::take() {
  std::lock_guard lock(mutex_);
  return std::exchange(done_, {});
}

void Fetcher::run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (more_.wait(lock, stop, [this] { return !waiting_.empty(); }) && !stop.stop_requested()) {
    const Request request = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    Fetched fetched = fetch(request, limits_, stop);
    lock.lock();
    done_.push_back(std::move(fetched));
  }
}

}  // namespace weir::fetch
