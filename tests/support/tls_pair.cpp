#include "tests/support/tls_pair.hpp"

#include <algorithm>
#include <cstdlib>

namespace sallyport {
namespace {

std::unique_ptr<Engine> must(Result<std::unique_ptr<Engine>, TlsError> engine) {
  if (!engine) std::abort();
  return std::move(*engine);
}

}  // namespace

TlsPair::TlsPair(const ServerContext& server_context, const ClientContext& client_context, WallTime now,
                 const std::string& name)
    : server{must(Engine::accept(server_context, now))}, client{must(Engine::connect(client_context, name, now))} {}

bool TlsPair::step(Engine& from, Engine& to, std::size_t chunk) {
  const ByteBuffer wire = std::exchange(from.outbox(), {});
  if (&from == server.get()) server_sent += wire.size();
  for (std::size_t at = 0; at < wire.size() && !error_of(to); at += chunk) {
    const ByteBuffer piece(wire.begin() + static_cast<std::ptrdiff_t>(at),
                           wire.begin() + static_cast<std::ptrdiff_t>(std::min(at + chunk, wire.size())));
    to.feed(piece);
    if (to.is_established()) {
      // What arrives now is data or an alert: let read() see it, without keeping data.
      std::array<std::byte, 1> one{};
      const auto got = to.read(one);
      if (!got) error_of(to) = got.error();
    } else if (const auto done = to.handshake(); !done) {
      error_of(to) = done.error();
    }
  }
  return !wire.empty();
}

void TlsPair::shake(std::size_t chunk) {
  if (const auto hello = client->handshake(); !hello) client_error = hello.error();
  for (bool moved = true; moved;) {
    moved = step(*client, *server, chunk);
    moved = step(*server, *client, chunk) || moved;
  }
}

std::string TlsPair::carry(Engine& from, Engine& to, std::size_t chunk) {
  std::string heard;
  const ByteBuffer wire = std::exchange(from.outbox(), {});
  std::array<std::byte, 4096> room;
  for (std::size_t at = 0; at < wire.size(); at += chunk) {
    to.feed(Bytes{wire}.subspan(at, std::min(chunk, wire.size() - at)));
    while (true) {
      const auto count = to.read(room);
      if (!count) {
        error_of(to) = count.error();
        return heard;
      }
      if (*count == 0) break;
      heard += as_text(Bytes{room}.first(*count));
    }
  }
  return heard;
}

std::string TlsPair::say(Engine& from, Engine& to, std::string_view text) {
  if (const auto written = from.write(as_bytes(text)); !written) error_of(from) = written.error();
  return carry(from, to);
}

}  // namespace sallyport
