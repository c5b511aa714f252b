// The record of a change of authorities decides who is trusted: what is taken is what would be written, and whatever is
// not understood is no record.

#include "server/authority/rotation.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const auto require = [](bool holds) {
    if (!holds) std::abort();
  };
  const auto rotation = parse_rotation({reinterpret_cast<const char*>(data), size});
  if (!rotation) {
    require(!rotation.error().empty());
    return 0;
  }
  require(rotation->is_under_way() == !rotation->next.empty() && rotation->current.empty() == rotation->next.empty());
  require(rotation->retired.size() <= kMaxRetiredKept && rotation->retired_keys.size() <= kMaxRetiredKeys);
  const auto again = parse_rotation(to_text(*rotation));
  require(again && *again == *rotation);
  return 0;
}
