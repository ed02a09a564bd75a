// Any bytes as weir.toml.  The file may include itself and one other that holds the same bytes.
#include <cstdlib>

#include "config/parse.h"

namespace {

class Bytes final : public weir::config::Files {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : text_(reinterpret_cast<const char*>(data), size) {}
  weir::Result<void> read(const std::string& path, std::string& text) const override {
    if (path != "weir.toml" && path != "other.toml") {
      return weir::fail(weir::Errc::system, std::make_error_code(std::errc::no_such_file_or_directory));
    }
    text = text_;
    return {};
  }

 private:
  std::string text_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = weir::config::parse("weir.toml", Bytes(data, size));
  bool refused = false;
  for (const auto& diagnostic : parsed.diagnostics) {
    refused |= diagnostic.severity == weir::config::Severity::error;
    if (diagnostic.message.empty() || to_text(diagnostic).find('\x1b') != std::string::npos) std::abort();
  }
  if (refused == parsed.config.has_value())
    std::abort();  // refused with a reason, or accepted: never neither, never both
  return 0;
}
