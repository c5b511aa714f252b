// Local messages: however the bytes are cut, the same messages and the same refusal come out, and each message
// survives being written and read again.

#include "common/ipc/message.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace {

using sallyport::MessageReader;

/// Small, so that the fuzzer finds lines over it.
constexpr std::size_t kLimit = 300;

struct Heard {
  std::vector<nlohmann::json> messages;
  std::optional<sallyport::MessageError> error;
  bool operator==(const Heard&) const = default;
};

Heard hear(std::string_view stream, std::size_t piece) {
  MessageReader reader{kLimit};
  Heard heard;
  while (!stream.empty() && !heard.error) {
    reader.feed(sallyport::as_bytes(stream.substr(0, piece)));
    stream.remove_prefix(std::min(piece, stream.size()));
    auto next = reader.next();
    for (; next && *next; next = reader.next()) heard.messages.push_back(std::move(**next));
    if (!next) heard.error = next.error();
  }
  return heard;
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  const std::string_view stream{reinterpret_cast<const char*>(data + 1), size - 1};
  const auto whole = hear(stream, stream.size() + 1);
  require(hear(stream, data[0] % 32U + 1U) == whole);
  for (const auto& message : whole.messages) {
    const auto line = sallyport::to_line(message);
    for (const char c : line.substr(0, line.size() - 1)) require(c >= 0x20 && c < 0x7f);
    require(sallyport::parse_message(line).value() == message);
  }
  return 0;
}
