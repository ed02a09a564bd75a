// The daemon's own messages, one line each: key=value, to standard error (the journal under systemd), and to where
// log.events says.  An error means that someone must act.  Only run/ and control/ log; everything else returns values.
#pragma once

#include <string>
#include <string_view>

#include "account/event_log.h"
#include "config/config.h"

namespace weir::run {

void log_info(std::string_view message);
void log_warning(std::string_view message);
void log_error(std::string_view message);

/// Must run before any thread logs.
void start_log();
/// After start_log().
account::EventLog& events();

/// What the configuration says of the access log, and of the events.
account::LogSettings access_settings(const config::Log& log);
account::LogSettings event_settings(const config::Log& log);

}  // namespace weir::run
