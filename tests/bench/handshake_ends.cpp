#include "tests/bench/handshake_ends.hpp"

#include "common/base/file.hpp"
#include "common/base/file_descriptor.hpp"
#include "tests/bench/handshake_tools.hpp"

#include <sys/time.h>

namespace sallyport::handshakes {
namespace {

/// Gives `to` what `from` has to send; true when `to` is done.
bool pass(Engine& from, Engine& to) {
  const ByteBuffer flight{from.outbox()};
  from.outbox().clear();
  to.feed(flight);
  const auto done = to.handshake();
  if (!done) die(done.error().words);
  return *done;
}

}  // namespace

WallTime wall_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

std::shared_ptr<const TrustBundle> trust(const std::string& path) {
  auto pem = read_file(path);
  if (!pem) die(to_string(pem.error()));
  auto bundle =
      TrustBundle::load({.ca_pem = *pem, .crl_pem = {}, .crl_required = false, .high_water_mark = {}}, wall_now());
  if (!bundle) die(bundle.error().words);
  return *bundle;
}

std::shared_ptr<const Credentials> credentials(const char* certificate, const char* key) {
  auto loaded = Credentials::load(certificate, key);
  if (!loaded) die(loaded.error().words);
  return std::make_shared<const Credentials>(std::move(*loaded));
}

std::chrono::nanoseconds gateway_half(const ServerContext& gateway, const ClientContext& laptop,
                                      const std::string& name) {
  auto client = Engine::connect(laptop, name, wall_now()).value();
  (void)client->handshake();
  const auto accepted = processor_time();
  auto server = Engine::accept(gateway, wall_now()).value();
  (void)pass(*client, *server);
  const auto answered = processor_time();
  if (!pass(*server, *client)) die("the client is not done");
  const auto finished = processor_time();
  if (!pass(*client, *server)) die("the server is not done");
  server.reset();
  return answered - accepted + processor_time() - finished;
}

bool shake_hands(const ClientContext& context, const std::string& name, const sockaddr_in& place,
                 const sockaddr_in* source) {
  const FileDescriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  // Longer than any of ours takes: a thread here waits for nobody for ever.
  const timeval patience{5, 0};
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (source != nullptr && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(source), sizeof *source) != 0)
    die("no source address");
  if (!socket || !connect_to(socket.get(), place)) return false;
  auto engine = Engine::connect(context, name, wall_now()).value();
  ByteBuffer scratch(16384);
  while (true) {
    const auto done = engine->handshake();
    if (!done) return false;
    const auto& out = engine->outbox();
    if (!out.empty() && ::send(socket.get(), out.data(), out.size(), MSG_NOSIGNAL) < 0) return false;
    engine->outbox().clear();
    if (*done) return true;
    const ssize_t n = ::recv(socket.get(), scratch.data(), scratch.size(), 0);
    if (n <= 0) return false;
    engine->feed(Bytes{scratch}.first(static_cast<std::size_t>(n)));
  }
}

}  // namespace sallyport::handshakes
