#include "server/session/reference_code.hpp"

#include <string_view>

namespace sallyport {

std::string reference_code(SessionId session, std::uint32_t refusal) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  constexpr std::uint64_t kMask = (std::uint64_t{1} << 40U) - 1;
  // An odd multiplier permutes the 40-bit space: neighbouring refusals look unlike, none collide.
  constexpr std::uint64_t kOddMultiplier = 0x9e3779b97fU;
  const std::uint64_t serial = ((static_cast<std::uint64_t>(session) & 0xffffffU) << 16U) | (refusal & 0xffffU);
  std::uint64_t mixed = (serial * kOddMultiplier) & kMask;
  mixed = ((mixed ^ (mixed >> 20U)) * kOddMultiplier) & kMask;
  std::string code;
  for (unsigned i = 0; i < 8; ++i) {
    if (i == 4) code += '-';
    code += kAlphabet[(mixed >> (35U - 5U * i)) & 31U];
  }
  return code;
}

}  // namespace sallyport
