#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/wire/capsule_error.hpp"

#include <cstdint>

namespace sallyport {

/// "Are you still there?", and the answer to it; docs/protocol.md section 18.4.
struct Probe {
  /// Set in the tokens of the client's questions, not in those of the gateway's.
  static constexpr std::uint64_t kFromClient = std::uint64_t{1} << 63U;

  std::uint64_t token = 0;
  [[nodiscard]] bool is_clients() const noexcept { return (token & kFromClient) != 0; }
  friend bool operator==(const Probe&, const Probe&) = default;
};

[[nodiscard]] Result<Probe, CapsuleError> parse_probe(Bytes value);
void append_probe(ByteBuffer& out, const Probe& probe);

}  // namespace sallyport
