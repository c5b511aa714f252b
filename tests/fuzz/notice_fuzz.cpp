// What a gateway may say about a session, probes, and a laptop's word that its posture changed: whatever is read can be
// shown on a terminal, keeps to its bounds, and is the same after being written and read again, unless it had to be
// escaped.

#include "common/wire/capsule.hpp"
#include "common/wire/notice.hpp"
#include "common/wire/posture_request.hpp"
#include "common/wire/probe.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace {

using namespace sallyport;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_shown(std::string_view text) {
  require(text.size() <= 256);
  require(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
}

Capsule only_capsule(CapsuleReader& reader, const ByteBuffer& stream) {
  reader.feed(stream);
  const auto capsule = reader.next();
  require(capsule && *capsule);
  return **capsule;
}

template <class Notice>
bool is_as_written(const Notice& notice) {
  std::string all = notice.reason + notice.words;
  if constexpr (std::is_same_v<Notice, DeniedNotice>) all += notice.to + notice.code;
  return all.find('\\') == std::string::npos;
}

template <class Notice>
void require_same_again(const Notice& notice) {
  require_shown(notice.reason);
  require_shown(notice.words);
  ByteBuffer stream;
  append_notice(stream, notice);
  CapsuleReader reader;
  const auto again = parse_notice(only_capsule(reader, stream).payload);
  require(again.has_value());
  // What was escaped when it was read is escaped once more: its backslashes are somebody's text now.
  if (is_as_written(notice)) require(*again == GatewayNotice{notice});
}

void look_at(Bytes value) {
  const auto notice = parse_notice(value);
  if (!notice) return;
  if (const auto* denied = std::get_if<DeniedNotice>(&*notice)) require_same_again(*denied);
  if (const auto* ending = std::get_if<EndingNotice>(&*notice)) {
    require(ending->return_within >= std::chrono::seconds{0} && ending->return_within <= kLongestReturn);
    require_same_again(*ending);
  }
  if (const auto* move = std::get_if<MoveNotice>(&*notice)) {
    require(move->left >= std::chrono::seconds{0} && move->left <= std::chrono::seconds{UINT32_MAX});
    require_same_again(*move);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes value{reinterpret_cast<const std::byte*>(data), size};
  look_at(value);
  if (const auto wants = parse_posture_request(value); wants && *wants) {
    ByteBuffer stream;
    append_posture_request(stream);
    CapsuleReader reader;
    require(parse_posture_request(only_capsule(reader, stream).payload) == true);
  }
  if (const auto probe = parse_probe(value)) {
    ByteBuffer stream;
    append_probe(stream, *probe);
    CapsuleReader reader;
    require(std::ranges::equal(only_capsule(reader, stream).payload, value));
  }
  return 0;
}
