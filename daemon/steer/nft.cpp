#include "steer/nft.h"

#include <nftables/libnftables.h>

#include <algorithm>
#include <memory>

#include "base/text.h"

namespace weir::steer {

namespace {

struct ContextFree {
  void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};

// libnftables prints the offending line with a caret below it; the first line says what is wrong.
std::string one_line(std::string_view text) {
  std::string line(trim(text.substr(0, text.find('\n'))));
  return line.empty() ? "nft gives no reason" : line;
}

std::expected<std::string, std::string> run(const std::string& commands, unsigned flags) {
  // A context reads the kernel's objects once: a fresh one for each call sees what others changed in between.
  const std::unique_ptr<nft_ctx, ContextFree> context(nft_ctx_new(NFT_CTX_DEFAULT));
  if (!context) return std::unexpected("nft cannot be initialised");
  nft_ctx_output_set_flags(context.get(), flags);
  if (nft_ctx_buffer_output(context.get()) != 0 || nft_ctx_buffer_error(context.get()) != 0)
    return std::unexpected("nft has no memory for its output");
  if (nft_run_cmd_from_buffer(context.get(), commands.c_str()) != 0)
    return std::unexpected(one_line(nft_ctx_get_error_buffer(context.get())));
  return nft_ctx_get_output_buffer(context.get());
}

}  // namespace

Refusal refusal(std::string what, const Error& error) {
  return {std::move(what), error.cause ? error.cause.message() : std::string(text(error.code))};
}

std::expected<std::string, std::string> run_nft(const std::string& commands) { return run(commands, 0); }

std::expected<std::string, std::string> read_nft() {
  return run("list ruleset", NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_TERSE | NFT_CTX_OUTPUT_NUMERIC_PRIO);
}

}  // namespace weir::steer
