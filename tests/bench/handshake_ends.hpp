#pragma once

#include "common/tls/engine.hpp"

#include <netinet/in.h>

#include <memory>
#include <string>

/// The two ends of a handshake by the product's engine.
namespace sallyport::handshakes {

[[nodiscard]] WallTime wall_now();
/// Of the authorities in this file.
[[nodiscard]] std::shared_ptr<const TrustBundle> trust(const std::string& path);
[[nodiscard]] std::shared_ptr<const Credentials> credentials(const char* certificate, const char* key);

/// The gateway's half of a handshake in memory, in processor time.
[[nodiscard]] std::chrono::nanoseconds gateway_half(const ServerContext& gateway, const ClientContext& laptop,
                                                    const std::string& name);
/// A whole handshake with the gateway at `place`. From `source`, when there is one.
[[nodiscard]] bool shake_hands(const ClientContext& context, const std::string& name, const sockaddr_in& place,
                               const sockaddr_in* source = nullptr);

/// What one handshake of `gateway_half` costs each laptop that is here for the first time, and what the handshake
/// threads of a gateway do for such. Arguments as at the head of handshake_bench.cpp.
void first_in_memory(char** arguments);
void first_against_gateway(char** arguments);

}  // namespace sallyport::handshakes
