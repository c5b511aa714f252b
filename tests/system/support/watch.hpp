#pragma once

#include "tests/system/support/lab.hpp"

#include <cstdint>
#include <ostream>
#include <vector>

namespace sallyport::lab {

/// What was seen at a place where it must not be (design, section 5). All zero is the only good value.
struct Seen {
  std::uint64_t forbidden = 0;      ///< I1: at the office, from a device, and no rule allows it
  std::uint64_t forged = 0;         ///< I3: at the office, with a source that is no device's
  std::uint64_t from_laptop = 0;    ///< at the office, from the laptop's address; good only when the laptop itself sent
  std::uint64_t gateway_input = 0;  ///< delivered to the gateway's own kernel out of the tunnel
  std::uint64_t to_laptop = 0;      ///< into the laptop out of the tunnel; good only as an answer to it
  std::uint64_t underlay = 0;       ///< I2: packets to or from protected addresses between laptop and gateway
  std::uint64_t plaintext = 0;      ///< I2: packets between laptop and gateway with office content in clear
  std::uint64_t contraband = 0;     ///< packets in the office's network that hold the words FRAGMENT-FORBIDDEN
  std::uint64_t allowed = 0;        ///< at the office, and a rule allows it: shows that the watch sees
  std::uint64_t carried = 0;        ///< packets between laptop and gateway: shows that the captures see
  std::string examples{};
};
std::ostream& operator<<(std::ostream& out, const Seen& seen);

/// Counters in the kernels of office, gateway and laptop, and captures on the underlay and the office's network.
class Watch {
 public:
  explicit Watch(const Lab& lab);
  /// Ends the captures and adds everything up.
  Seen finish();
  /// One counter, while the watch goes on: count(Lab::Place::Office, "allowed").
  [[nodiscard]] std::uint64_t count(Lab::Place place, const std::string& counter) const;

 private:
  void arm(Lab::Place place, const std::string& rules) const;
  void capture(Lab::Place place, const std::string& interface, const Words& arguments);

  const Lab& lab_;
  std::vector<Background> captures_;
};

}  // namespace sallyport::lab

/// I1, I2 and I3, and nothing for the gateway itself.
#define SALLYPORT_EXPECT_CLEAN(seen)               \
  do {                                             \
    EXPECT_EQ((seen).forbidden, 0U) << (seen);     \
    EXPECT_EQ((seen).forged, 0U) << (seen);        \
    EXPECT_EQ((seen).gateway_input, 0U) << (seen); \
    EXPECT_EQ((seen).underlay, 0U) << (seen);      \
    EXPECT_EQ((seen).plaintext, 0U) << (seen);     \
    EXPECT_EQ((seen).contraband, 0U) << (seen);    \
  } while (false)
