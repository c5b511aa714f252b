#pragma once

#include <cstdint>

namespace sallyport {

/// What a handshake that began was counted towards.
enum class CountedAs : std::uint8_t {
  Usual,     ///< the rate of its source alone
  Stranger,  ///< besides, what strangers may have while live sessions come first
};

}  // namespace sallyport
