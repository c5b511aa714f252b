#include "common/pki/pem.hpp"

#include "common/base/base64.hpp"

#include <utility>

namespace sallyport {
namespace {

constexpr std::size_t kLineLength = 64;

}  // namespace

std::string to_pem(std::string_view label, Bytes der) {
  const std::string body = to_base64(der);
  std::string out = "-----BEGIN " + std::string{label} + "-----\n";
  for (std::size_t i = 0; i < body.size(); i += kLineLength) out += body.substr(i, kLineLength) + "\n";
  return out + "-----END " + std::string{label} + "-----\n";
}

std::vector<PemBlock> pem_blocks(std::string_view label, std::string_view text, std::size_t most) {
  const std::string begin = "-----BEGIN " + std::string{label} + "-----";
  const std::string end = "-----END " + std::string{label} + "-----";
  std::vector<PemBlock> blocks;
  // Sought from where it was found last, never from each beginning anew; once there is none, it stays so.
  std::size_t stop = 0;
  for (auto next = text.find(begin); next != std::string_view::npos && blocks.size() < most;) {
    const auto start = next + begin.size();
    if (stop < start) stop = text.find(end, start);
    next = text.find(begin, start);
    // One that is never ended takes nothing of what follows it.
    const bool is_ended = stop < next;
    auto content = is_ended ? from_base64(text.substr(start, stop - start)) : std::nullopt;
    if (content && content->empty()) content.reset();
    blocks.push_back({std::move(content), is_ended});
    if (is_ended) next = text.find(begin, stop + end.size());
  }
  return blocks;
}

Result<std::vector<ByteBuffer>, PkiError> from_pem(std::string_view label, std::string_view text) {
  std::vector<ByteBuffer> blocks;
  for (auto& block : pem_blocks(label, text)) {
    if (!block.content) {
      return fail(PkiError{PkiProblem::Malformed, "the PEM block \"" + std::string{label} + "\" is damaged"});
    }
    blocks.push_back(std::move(*block.content));
  }
  return blocks;
}

}  // namespace sallyport
