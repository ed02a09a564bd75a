#include "run/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace weir::run {

namespace {

std::unique_ptr<account::EventLog> other_place;

void say(account::Severity severity, std::string_view message) {
  if (other_place) other_place->say(severity, message);
}

}  // namespace

void start_log() {
  auto logger = spdlog::stderr_logger_mt("weir");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  other_place = std::make_unique<account::EventLog>();
}

account::EventLog& events() { return *other_place; }

void log_info(std::string_view message) {
  spdlog::info("{}", message);
  say(account::Severity::info, message);
}
void log_warning(std::string_view message) {
  spdlog::warn("{}", message);
  say(account::Severity::warning, message);
}
void log_error(std::string_view message) {
  spdlog::error("{}", message);
  say(account::Severity::error, message);
}

account::LogSettings access_settings(const config::Log& log) {
  return {.where = log.access,
          .format = log.format,
          .keep_age = log.keep.age,
          .keep_size = log.keep.size,
          .query = log.query,
          .only_blocked = log.only_blocked};
}

account::LogSettings event_settings(const config::Log& log) {
  return {.where = log.events, .keep_age = log.keep.age, .keep_size = log.keep.size};
}

}  // namespace weir::run
