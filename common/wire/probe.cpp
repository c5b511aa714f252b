#include "common/wire/probe.hpp"

#include "common/wire/capsule.hpp"

#include <array>

namespace sallyport {
namespace {

constexpr std::size_t kTokenSize = 8;
constexpr unsigned kHalf = 32;

}  // namespace

Result<Probe, CapsuleError> parse_probe(Bytes value) {
  if (value.size() < kTokenSize) return fail(CapsuleError::FieldMissing);
  if (value.size() > kTokenSize) return fail(CapsuleError::TooLong);
  return Probe{(std::uint64_t{load_be32(value)} << kHalf) | load_be32(value.subspan(4))};
}

void append_probe(ByteBuffer& out, const Probe& probe) {
  std::array<std::byte, kTokenSize> token{};
  store_be32(token, static_cast<std::uint32_t>(probe.token >> kHalf));
  store_be32(MutableBytes{token}.subspan(4), static_cast<std::uint32_t>(probe.token & UINT32_MAX));
  append_capsule(out, CapsuleType::Probe, token);
}

}  // namespace sallyport
