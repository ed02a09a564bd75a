// Any octets, as a request and as a response: the codec must neither fall over nor say two things.  What it forwards,
// it must accept again and read the same way; that is what keeps a second reader from finding another message in it.

#include <cstdlib>
#include <string>

#include "http/body.h"
#include "http/h1_decode.h"
#include "http/h1_encode.h"

using namespace weir;
using namespace weir::http;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool same(const Framing& a, const Framing& b) { return a.kind == b.kind && a.length == b.length; }

/// The payload of a body, fed in steps of `step` octets; a cut or refused body ends early.
std::string payload(const Framing& framing, std::string octets, std::size_t step) {
  BodyDecoder body(framing);
  std::string all;
  for (std::size_t at = 0; at < octets.size() && !body.done();) {
    const std::size_t size = std::min(step, octets.size() - at);
    const auto piece = body.decode(std::as_writable_bytes(std::span(octets)).subspan(at, size));
    if (!piece) break;
    require(piece->consumed <= size && piece->payload.size() <= piece->consumed);
    require(piece->consumed == size || body.done());
    all.append(as_text(piece->payload));
    at += piece->consumed;
  }
  return all;
}

void try_request(std::string_view text) {
  HeadScan scan;
  Request request;
  const auto complete = decode_request(as_bytes(text), {}, scan, request);
  if (!complete || !*complete) return;
  require(request.size <= text.size());
  const std::string rest(text.substr(request.size));
  const std::string whole = payload(request.framing, rest, rest.size() + 1);
  require(payload(request.framing, rest, 1).starts_with(whole) || whole.starts_with(payload(request.framing, rest, 1)));
  if (request.last_hop) return;

  std::string out;
  encode_request(request, out);
  HeadScan again;
  Request second;
  const auto accepted = decode_request(as_bytes(out), {.bytes = 1 << 20, .target = 1 << 20}, again, second);
  require(accepted && *accepted && second.size == out.size());
  require(second.method == request.method && second.host == request.host && same(second.framing, request.framing));
}

void try_response(std::string_view text, Asked asked) {
  HeadScan scan;
  Response response;
  const auto complete = decode_response(as_bytes(text), {}, asked, scan, response);
  if (!complete || !*complete) return;
  const std::string rest(text.substr(response.size));
  payload(response.framing, rest, 3);

  std::string out;
  encode_response(response, {.framing = response.framing.kind, .close = !response.persistent}, out);
  HeadScan again;
  Response second;
  const auto accepted = decode_response(as_bytes(out), {.bytes = 1 << 20, .target = 1 << 20}, asked, again, second);
  require(accepted && *accepted && second.size == out.size());
  require(second.status == response.status && same(second.framing, response.framing));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_request(text);
  try_response(text, {});
  try_response(text, {.head = true});
  try_response(text, {.upgrade = true});
  return 0;
}
