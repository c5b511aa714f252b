#pragma once

#include "common/base/file_descriptor.hpp"
#include "common/ip/address.hpp"
#include "common/tls/engine.hpp"
#include "server/gateway/counted_as.hpp"

#include <cstdint>
#include <memory>

namespace sallyport {

/// A connection whose TLS handshake and device certificate have been verified. Of HTTP at most the first octets were
/// read, and not understood. Moves between threads as a whole; the engine may hold plaintext that arrived behind the
/// handshake.
struct VerifiedConnection {
  FileDescriptor socket;
  std::unique_ptr<Engine> engine;
  IpAddress source;                         ///< outer address of the laptop
  std::uint64_t trust_generation = 0;       ///< which trust bundle verified it
  ByteBuffer early{};                       ///< plaintext that was taken out of the engine, to be read first
  bool paces_by_need = false;               ///< the socket began without pacing; see PacingNeed
  CountedAs counted_as = CountedAs::Usual;  ///< given back when its device may have a session
  std::shared_ptr<void> place{};            ///< of ConnectionRoom: held as long as the connection is served
};

}  // namespace sallyport
