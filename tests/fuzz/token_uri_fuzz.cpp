#include "common/pki/token_uri.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace sallyport;

/// What everybody takes for granted of a URI that was accepted.
bool is_sound(const TokenUri& uri, const std::string& text) {
  if (uri.text() != text || !TokenUri::is_one(text)) return false;
  if (uri.token_name().empty() || (uri.key_label().empty() && uri.key_id().empty())) return false;
  if (!uri.pin_file().empty() && !uri.pin_file().starts_with('/')) return false;
  return uri.module_path().empty() || uri.module_path().starts_with('/');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  const auto uri = TokenUri::parse(text);
  if (uri ? !is_sound(*uri, text) : uri.error().words.empty()) std::abort();
  return 0;
}
