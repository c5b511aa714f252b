// Unpacks policy files from any bytes, as they are kept on disk and handed to the gateway. What is taken is exactly
// what packing the same files makes, and no name leads out of a directory.

#include "server/history/packed_policy.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const auto files = unpack_policy(input);
  if (!files) {
    require(!files.error().empty());
    return 0;
  }
  for (const auto& file : *files) require(file.name.find('/') == std::string::npos && file.name.front() != '.');
  const auto again = pack_policy(*files);
  require(again && again->octets == input);
  return 0;
}
