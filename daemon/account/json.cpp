#include "account/json.h"

#include <cinttypes>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

namespace weir::account {

std::string rfc3339(WallTime time) {
  using namespace std::chrono;
  auto ms = floor<milliseconds>(time.time_since_epoch());
  std::time_t seconds = floor<std::chrono::seconds>(ms).count();
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  std::size_t length = std::strftime(text, sizeof text, "%FT%T", &utc);
  std::snprintf(text + length, sizeof text - length, ".%03dZ",
                static_cast<int>((ms - std::chrono::seconds(seconds)).count()));
  return text;
}

std::string flow_text(FlowId id) {
  char text[17];
  std::snprintf(text, sizeof text, "%016" PRIx64, id);
  return text;
}

nlohmann::ordered_json to_json(const Record& r) {
  nlohmann::ordered_json line = {
      {"ts", rfc3339(r.ts)},
      {"flow", flow_text(r.id)},
      {"client", r.flow.client.address.to_string()},
      {"client_port", r.flow.client.port},
  };
  if (r.flow.mac) line["mac"] = r.flow.mac->to_string();
  if (!r.client_name.empty()) line["client_name"] = r.client_name;
  line["dst"] = r.flow.origin.address.to_string();
  line["dst_port"] = r.flow.origin.port;
  if (!r.host.empty()) line["host"] = r.host;
  line["depth"] = word(r.depth);
  line["action"] = word(r.action);
  if (!r.rule.empty()) line["rule"] = r.rule;
  if (r.would) line["would"] = word(*r.would);
  if (!r.would_rule.empty()) line["would_rule"] = r.would_rule;
  line["reason"] = word(r.reason);
  if (!r.method.empty()) line["method"] = r.method;
  if (!r.url.empty()) line["url"] = r.url;
  if (r.status != 0) line["status"] = r.status;
  if (r.cache) line["cache"] = word(*r.cache);
  line["bytes_in"] = r.bytes_in;
  line["bytes_out"] = r.bytes_out;
  // Microseconds are kept as decimals: a page from the same room takes less than a millisecond.
  line["duration_ms"] = static_cast<double>(std::chrono::floor<std::chrono::microseconds>(r.duration).count()) / 1000.0;
  return line;
}

std::string json_line(const Record& record) {
  using Json = nlohmann::ordered_json;
  std::string line = to_json(record).dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
  line += '\n';
  return line;
}

std::vector<std::pair<std::string, std::string>> journal_fields(const Record& record) {
  std::vector<std::pair<std::string, std::string>> fields;
  const nlohmann::ordered_json json = to_json(record);
  for (const auto& [key, value] : json.items()) {
    std::string name = "WEIR_" + key;
    for (char& c : name) {
      if (c >= 'a' && c <= 'z') c -= 'a' - 'A';
    }
    fields.emplace_back(std::move(name), value.is_string() ? value.get<std::string>() : value.dump());
  }
  return fields;
}

}  // namespace weir::account
