// The daemon's own messages, one line each: key=value, to standard error (the journal under systemd).
// An error means that someone must act.  Only run/ and control/ log; everything else returns values.
#pragma once

#include <string>
#include <string_view>

namespace weir::run {

void log_info(std::string_view message);
void log_warning(std::string_view message);
void log_error(std::string_view message);

/// Must run before any thread logs.
void start_log();

}  // namespace weir::run
