// Any request and any response, as a cache reads them: whatever they say, what is stored of a response must be a head
// again, every way to tell it must be one too, and a part must lie within the whole.  The input is a request, a
// response and a newer response, parted by empty bytes.

#include <cstdlib>
#include <string>

#include "cache/freshness.h"
#include "cache/head.h"
#include "cache/vary.h"
#include "http/date.h"
#include "http/h1_decode.h"
#include "http/h1_encode.h"

using namespace weir;
using namespace weir::cache;

namespace {

const WallTime now{std::chrono::seconds(1741604400)};

void require(bool holds) {
  if (!holds) std::abort();
}

bool decode(std::string_view text, http::Response& out) {
  http::HeadScan scan;
  return http::decode_response(as_bytes(text), {}, {}, scan, out).value_or(false) && !out.interim();
}

/// The text is exactly one head with this status.
void require_head(std::string_view text, int status) {
  http::HeadScan scan;
  http::Response head;
  const auto complete = http::decode_response(as_bytes(text), {.bytes = 1 << 20, .fields = 4096}, {}, scan, head);
  require(complete && *complete && head.size == text.size() && head.status == status);
  require(head.fields.find(http::Name::connection) == nullptr);
}

void tell(const StoredHead& head, Telling telling, int status) {
  std::string out;
  head.tell(telling, out);
  require_head(out, status);
}

void read_dates(const http::Fields& fields) {
  for (const http::Field& field : fields) {
    const auto date = http::parse_date(field.value, now);
    // Four digits of year: what a clock of nanoseconds can say is written as it is read.
    if (date) require(http::parse_date(http::date_text(*date), now) == std::chrono::floor<std::chrono::seconds>(*date));
  }
}

void select_part(const http::Fields& request, const http::Validators& validators) {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}}) {
    const http::Part part = http::part_of(request, validators, size, now);
    if (part.kind != http::Part::Kind::slice) continue;
    require(part.slice.length > 0 && part.slice.first < size && part.slice.length <= size - part.slice.first);
  }
  http::not_modified(request, validators, now, now);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t first = input.find('\0');
  if (first == input.npos) return 0;
  const std::size_t second = std::min(input.find('\0', first + 1), input.size());
  const std::string request_text(input.substr(0, first)), response_text(input.substr(first + 1, second - first - 1));
  const std::string newer_text(input.substr(std::min(second + 1, input.size())));

  http::HeadScan scan;
  http::Request request;
  if (!http::decode_request(as_bytes(request_text), {}, scan, request).value_or(false)) return 0;
  http::Response response, newer;
  if (!decode(response_text, response)) return 0;
  read_dates(response.fields);

  const Wish wish = wish_of(request.fields);
  if (const auto facts = may_store(response, wish, now, now)) {
    require(facts->lifetime >= Duration::zero() && facts->age >= Duration::zero());
    judge(*facts, wish, now + std::chrono::hours(1));
    usable_on_error(*facts, wish, true, now + std::chrono::hours(1));
  }
  if (const auto names = nominated(response.fields))
    require(selected(*names, request.fields) == selected(*names, request.fields));
  if (response.status == 101) return 0;

  const StoredHead stored = StoredHead::of(response, now);
  require_head(stored.text(), response.status);
  select_part(request.fields, stored.validators());
  tell(stored, {.size = 7}, response.status);
  tell(stored, {.as = Telling::As::not_modified}, 304);
  tell(stored, {.as = Telling::As::part, .size = 10, .slice = {2, 3}}, 206);
  tell(stored, {.as = Telling::As::unsatisfiable, .size = 10}, 416);
  if (decode(newer_text, newer)) require_head(stored.updated_by(newer, now).text(), response.status);

  std::string asked;
  const http::Validators validators = stored.validators();
  http::encode_request(request, asked, &validators);
  http::HeadScan again;
  http::Request sent;
  require(http::decode_request(as_bytes(asked), {.bytes = 1 << 20, .target = 1 << 20}, again, sent).value_or(false));
  return 0;
}
