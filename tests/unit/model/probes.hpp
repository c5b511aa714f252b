#pragma once

#include "common/base/bytes.hpp"
#include "tests/unit/model/world.hpp"

#include <array>
#include <string>
#include <vector>

namespace sallyport::model {

/// Packets of one laptop and the office, made once for each inside address.
struct Probes {
  explicit Probes(const std::string& address);

  struct OfFlow {
    ByteBuffer request;
    ByteBuffer reply;
    ByteBuffer opening;  ///< the office begins; TCP alone
    ByteBuffer error;    ///< quotes the request
  };
  [[nodiscard]] const OfFlow& of(FlowName flow) const {
    return flows[static_cast<std::size_t>(flow.place * kPorts + flow.port)];
  }

  std::array<OfFlow, kPlaces * kPorts> flows;
  std::array<ByteBuffer, kPlaces> fresh;  ///< to each place, of a flow that nobody else uses
  ByteBuffer fresh_capsules;              ///< all of them, as a client sends them
  std::vector<ByteBuffer> never_out;      ///< from the laptop, never to pass
  std::vector<ByteBuffer> never_in;       ///< from the office, never to pass
};

/// A UDP datagram to the name server in two fragments.
[[nodiscard]] std::array<ByteBuffer, 2> fragments_of(const std::string& address, int port, std::uint32_t id);

}  // namespace sallyport::model
