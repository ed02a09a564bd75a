// Plays tests/conformance/http1/*.case (format: README.md there).  Every case arrives whole, cut in two at every octet,
// and one octet at a time; a codec that depends on how the network cut the octets fails here.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "http/body.h"
#include "http/h1_decode.h"
#include "http/h1_encode.h"

namespace weir::http {
namespace {

struct Case {
  std::string file, name;
  bool response = false;
  Asked asked;
  std::map<std::string, std::string> lines;  ///< octets already unquoted

  const std::string* find(const std::string& key) const {
    const auto found = lines.find(key);
    return found == lines.end() ? nullptr : &found->second;
  }
};

/// `"a\r\n"*3 "b"` -> octets.  Anything unquoted is a word and stands for itself.
std::string unquote(std::string_view text) {
  std::string all;
  while (!text.empty()) {
    if (text.front() != '"') {
      if (text.front() != ' ') return all + std::string(text);
      text.remove_prefix(1);
      continue;
    }
    std::string part;
    std::size_t i = 1;
    for (; text.at(i) != '"'; ++i) {
      if (text[i] != '\\') {
        part.push_back(text[i]);
        continue;
      }
      switch (text.at(++i)) {
        case 'r': part.push_back('\r'); break;
        case 'n': part.push_back('\n'); break;
        case 't': part.push_back('\t'); break;
        case '0': part.push_back('\0'); break;
        case 'x':
          part.push_back(static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16)));
          i += 2;
          break;
        default: part.push_back(text[i]);
      }
    }
    text.remove_prefix(i + 1);
    std::size_t times = 1, digits = 0;
    if (text.starts_with('*')) {
      times = std::stoul(std::string(text.substr(1)), &digits);
      text.remove_prefix(1 + digits);
    }
    while (times-- > 0) all += part;
  }
  return all;
}

void read_line(std::string_view line, const std::string& file, std::string& key, std::vector<Case>& cases) {
  const std::string_view word = line.substr(0, line.find(' '));
  std::string_view rest = line.substr(std::min(line.size(), word.size() + 1));
  if (word == "request" || word == "response") {
    Case one{.file = file, .response = word == "response"};
    if (rest.starts_with("to head ")) one.asked.head = true;
    if (rest.starts_with("to upgrade ")) one.asked.upgrade = true;
    one.name = rest;
    cases.push_back(one);
    return;
  }
  if (!word.empty()) key = word;
  cases.back().lines[key] += unquote(rest.substr(std::min(rest.find_first_not_of(' '), rest.size())));
}

std::vector<Case> read_cases() {
  std::vector<Case> cases;
  for (const auto& entry : std::filesystem::directory_iterator(WEIR_SOURCE_DIR "/tests/conformance/http1")) {
    if (entry.path().extension() != ".case") continue;
    std::ifstream in(entry.path());
    std::string line, key;
    while (std::getline(in, line)) {
      if (!line.empty() && line[0] != '#') read_line(line, entry.path().filename(), key, cases);
    }
  }
  return cases;
}

/// What became of a case, in the words of the case files.
using Outcome = std::map<std::string, std::string>;

/// Feeds a body in the same cuts as the head arrived in.
void play_body(const Framing& framing, std::string octets, const std::vector<std::size_t>& cuts, std::size_t head,
               Outcome& outcome) {
  BodyDecoder body(framing);
  std::size_t used = 0;
  outcome["body"];
  const auto feed = [&](std::size_t to) -> bool {
    while (used < to && !body.done()) {
      const auto piece = body.decode(std::as_writable_bytes(std::span(octets)).subspan(used, to - used));
      if (!piece) {
        outcome["refused"] = name(piece.error().code);
        return false;
      }
      outcome["body"] += as_text(piece->payload);
      used += piece->consumed;
      EXPECT_TRUE(piece->consumed > 0 || body.done());
    }
    return true;
  };
  for (const std::size_t cut : cuts) {
    if (cut <= head) continue;
    if (!feed(cut - head)) return;
  }
  if (!feed(octets.size())) return;
  outcome["trailers"] = body.trailers();
  if (body.done())
    outcome["rest"] = octets.substr(used);
  else
    outcome["ends"] = body.closed() ? "close" : "cut";
}

/// Plays one case, its octets arriving in pieces that end at `cuts`.
Outcome play(const Case& one, const std::vector<std::size_t>& cuts) {
  const std::string& in = one.lines.at("in");
  Outcome outcome;
  HeadScan scan;
  Request request;
  Response response;
  std::vector<std::size_t> arrivals = cuts;
  arrivals.push_back(in.size());
  for (const std::size_t arrived : arrivals) {
    // A fresh copy each time: the octets may have moved between two calls.
    std::string bytes = in.substr(0, arrived);
    const auto complete = one.response ? decode_response(as_bytes(bytes), {}, one.asked, scan, response)
                                       : decode_request(as_bytes(bytes), {}, scan, request);
    if (!complete) return {{"refused", std::string(name(complete.error().code))}};
    if (!*complete) continue;

    const Head& head = one.response ? static_cast<const Head&>(response) : request;
    if (one.response) {
      encode_response(response, {.framing = head.framing.kind, .close = !head.persistent}, outcome["out"]);
    } else {
      encode_request(request, outcome["out"]);
      outcome["host"] = request.host;
    }
    play_body(head.framing, in.substr(head.size), cuts, head.size, outcome);
    return outcome;
  }
  return {{"waits", ""}};
}

void expect(const Case& one, const Outcome& outcome, const std::string& how) {
  SCOPED_TRACE(one.file + ": " + one.name + ", " + how);
  const bool refused = outcome.contains("refused"), waits = outcome.contains("waits");
  if (one.find("refused") == nullptr && refused) ADD_FAILURE() << "refused as " << outcome.at("refused");
  if (one.find("waits") == nullptr && waits) ADD_FAILURE() << "waits for more";
  if (one.find("ends") == nullptr && outcome.contains("ends")) ADD_FAILURE() << "is not complete";
  for (const auto& [key, value] : one.lines) {
    if (key == "in" || key == "rfc") continue;
    const auto found = outcome.find(key);
    if (found == outcome.end())
      ADD_FAILURE() << "no " << key;
    else
      EXPECT_EQ(found->second, value) << key;
  }
}

TEST(Http1Vectors, ComeOutTheSameHoweverTheNetworkCutsThem) {
  const std::vector<Case> cases = read_cases();
  ASSERT_GT(cases.size(), 150U);
  for (const Case& one : cases) {
    const std::size_t size = one.lines.at("in").size();
    expect(one, play(one, {}), "whole");
    if (size > 4096) continue;  // quadratic
    std::vector<std::size_t> every(size);
    for (std::size_t i = 0; i < size; ++i) every[i] = i + 1;
    expect(one, play(one, every), "octet by octet");
    for (std::size_t cut = 1; cut < size; ++cut) expect(one, play(one, {cut}), "cut at " + std::to_string(cut));
  }
}

}  // namespace
}  // namespace weir::http
