// A record as JSON: the one place where the field names of the access log and of `proxyctl flows --json` stand.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "account/record.h"

namespace weir::account {

/// RFC 3339 in UTC with milliseconds: "2025-03-10T11:20:05.042Z".
std::string rfc3339(WallTime time);
/// Sixteen hexadecimal digits: a number of 64 bits does not survive readers that keep numbers as doubles.
std::string flow_text(FlowId id);
/// ts flow client client_port dst dst_port [host] depth action [rule] reason [method url status cache] bytes_in
/// bytes_out duration_ms, in this order; those in brackets only where they have a value.
nlohmann::ordered_json to_json(const Record& record);
/// The same on one line with its newline, in ASCII.  Bytes that are not UTF-8 become U+FFFD; never throws for content.
std::string json_line(const Record& record);
/// What the journal calls the same: "WEIR_CLIENT" of "client", and the value as text.
std::vector<std::pair<std::string, std::string>> journal_fields(const Record& record);

}  // namespace weir::account
