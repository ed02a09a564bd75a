// Which of several stored responses to one target answers a request (RFC 9111 §4.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/head.h"

namespace weir::cache {

/// The request fields that Vary nominates, lower case, comma-separated, in the order named; empty: none.
/// No value: "*", which no later request ever matches.
std::optional<std::string> nominated(const http::Fields& response);

/// What `request` says in the nominated fields, in a form in which two requests that mean the same are equal: lines of
/// one field are joined, white space around list elements is gone, and case where it has no meaning.  The order of
/// elements is kept: some origins read a preference in it.
std::string selected(std::string_view nominated, const http::Fields& request);

}  // namespace weir::cache
