#include "run/errand.h"

#include <algorithm>

#include "base/units.h"

namespace weir::run {

namespace {

constexpr std::size_t most_files = 256;  // cache-domains has forty
constexpr std::size_t most_bytes = 64 << 20;

/// The file in the folder of `url`: no list leads to another server, nor out of its folder (RFC 3986 §5.2).
std::string beside(const std::string& url, const std::string& file) {
  const std::string path = url.substr(0, url.find_first_of("?#"));
  const auto host = path.find("://") + 3, slash = path.rfind('/');
  return (slash < host ? path : path.substr(0, slash)) + '/' + file;
}

}  // namespace

Errand::Step Errand::take(fetch::Fetched answer) {
  const bool first = files_.empty();
  if (answer.url != (first ? request_.url : beside(request_.url, files_[now_.files.size()]))) return {};
  if (first) return begin(std::move(answer));
  const std::string& name = files_[now_.files.size()];
  if (!answer.failure.empty()) return failed(name + ": " + answer.failure);
  if (answer.changed) {
    changed_ = true;
    now_.files.push_back({name, std::move(answer.body), std::move(answer.etag), std::move(answer.last_modified)});
  } else {
    const auto known = std::ranges::find(before_.files, name, &load::Bundle::File::name);
    if (known == before_.files.end()) return failed(name + ": it is unchanged, says the server, but was never here");
    now_.files.push_back(*known);
  }
  bytes_ += now_.files.back().text.size();
  if (bytes_ > most_bytes) return failed("the files that it mentions have more than " + size_text(most_bytes));
  return now_.files.size() < files_.size() ? next() : finish();
}

/// What the URL of the list holds.
Errand::Step Errand::begin(fetch::Fetched answer) {
  const bool known = !answer.changed && !before_.files.empty();
  if (!answer.failure.empty() || (!answer.changed && !known)) return {.ask = {}, .done = std::move(answer)};
  files_ = load::files_beside(known ? before_.index : answer.body);
  if (files_.empty()) return {.ask = {}, .done = std::move(answer)};
  if (files_.size() > most_files)
    return failed("it mentions " + std::to_string(files_.size()) + " files, and " + std::to_string(most_files) +
                  " are the most");
  changed_ = answer.changed;
  now_.index = known ? before_.index : std::move(answer.body);
  etag_ = known ? request_.etag : std::move(answer.etag);
  last_modified_ = known ? request_.last_modified : std::move(answer.last_modified);
  return next();
}

Errand::Step Errand::next() {
  const std::string& name = files_[now_.files.size()];
  fetch::Request request{.name = request_.name, .url = beside(request_.url, name), .etag = {}, .last_modified = {}};
  const auto known = std::ranges::find(before_.files, name, &load::Bundle::File::name);
  if (known != before_.files.end()) {
    request.etag = known->etag;
    request.last_modified = known->last_modified;
  }
  return {.ask = std::move(request), .done = {}};
}

Errand::Step Errand::finish() {
  fetch::Fetched all{.name = request_.name, .url = request_.url, .failure = {}, .changed = changed_};
  if (changed_) all.body = load::bundled(now_);
  all.etag = etag_;
  all.last_modified = last_modified_;
  return {.ask = {}, .done = std::move(all)};
}

Errand::Step Errand::failed(std::string why) {
  return {.ask = {}, .done = fetch::Fetched{.name = request_.name, .url = request_.url, .failure = std::move(why)}};
}

}  // namespace weir::run
