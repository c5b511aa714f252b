#pragma once

#include "common/tls/engine.hpp"
#include "tests/support/test_pki.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace sallyport {

/// A client and a gateway engine joined by memory.
struct TlsPair {
  TlsPair(const ServerContext& server_context, const ClientContext& client_context, WallTime now = wall_now(),
          const std::string& name = "vpn.example.com");

  /// Runs both handshakes until neither moves, feeding at most `chunk` octets at a time.
  void shake(std::size_t chunk = std::size_t{1} << 20U);
  [[nodiscard]] bool is_established() const { return server->is_established() && client->is_established(); }

  /// Carries one direction's ciphertext over and returns what the receiver read; stops at its first error.
  std::string carry(Engine& from, Engine& to, std::size_t chunk = std::size_t{1} << 20U);
  /// write() at one end, carry() to the other.
  std::string say(Engine& from, Engine& to, std::string_view text);

  std::unique_ptr<Engine> server;
  std::unique_ptr<Engine> client;
  std::optional<TlsError> server_error;
  std::optional<TlsError> client_error;
  std::size_t server_sent = 0;  ///< octets that left the server during shake()

 private:
  std::optional<TlsError>& error_of(const Engine& engine) {
    return &engine == server.get() ? server_error : client_error;
  }
  bool step(Engine& from, Engine& to, std::size_t chunk);
};

}  // namespace sallyport
