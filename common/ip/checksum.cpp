#include "common/ip/checksum.hpp"

namespace sallyport {

void InternetChecksum::add_pseudo_header(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                                         std::size_t length) noexcept {
  add(source.octets());
  add(destination.octets());
  sum_ += protocol;
  sum_ += length;
}

}  // namespace sallyport
