// A TLS 1.3 stream without a tunnel, through the same engine, suite and record size: what the tunnel is measured
// beside.
//
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "common/base/file.hpp"
#include "common/base/file_descriptor.hpp"
#include "common/tls/engine.hpp"
#include "common/tls/library.hpp"

namespace sallyport {
namespace {

constexpr const char* kHelp = R"(usage: bare_tls [--wolfssl] serve ADDRESS PORT CA CERTIFICATE KEY TRUST-DOMAIN
       bare_tls [--wolfssl] up|down ADDRESS PORT CA CERTIFICATE KEY NAME SECONDS
       bare_tls --cipher

A TLS 1.3 stream without a tunnel, in writes of 64 KiB; up and down print megabits per second at the receiver. Records
are sealed and opened by what the tunnel uses on this machine, which --cipher prints: libipsec-mb where it is built in
and the processor has VAES, else wolfSSL. With --wolfssl this end uses wolfSSL alone: give it to both ends.
)";

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const std::string& words) {
  std::fprintf(stderr, "bare_tls: %s\n", words.c_str());
  std::exit(1);
}

WallTime wall_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

sockaddr_in endpoint(const char* address, const char* port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  if (::inet_pton(AF_INET, address, &result.sin_addr) != 1) die("not an IPv4 address");
  return result;
}

std::shared_ptr<const TrustBundle> trust(const char* path) {
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

/// One blocking connection with its engine.
class Stream {
 public:
  Stream(FileDescriptor socket, std::unique_ptr<Engine> engine)
      : socket_{std::move(socket)}, engine_{std::move(engine)} {
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    while (true) {
      const auto done = engine_->handshake();
      if (!done) die(done.error().words);
      flush();
      if (*done) return;
      fill();
    }
  }

  void send(Bytes plain) {
    if (!engine_->write(plain)) die("write failed");
    flush();
  }

  /// Plaintext octets; 0 at the end of the stream.
  std::size_t receive(MutableBytes out) {
    while (true) {
      const auto size = engine_->read(out);
      if (!size) return 0;
      if (*size != 0) return *size;
      if (!fill()) return 0;
    }
  }

 private:
  void flush() {
    ByteBuffer& outbox = engine_->outbox();
    for (std::size_t sent = 0; sent < outbox.size();) {
      const ssize_t n = ::send(socket_.get(), outbox.data() + sent, outbox.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) std::exit(0);
      sent += static_cast<std::size_t>(n);
    }
    outbox.clear();
  }
  bool fill() {
    const ssize_t n = ::recv(socket_.get(), scratch_.data(), scratch_.size(), 0);
    if (n <= 0) return false;
    engine_->feed(Bytes{scratch_}.first(static_cast<std::size_t>(n)));
    return true;
  }

  FileDescriptor socket_;
  std::unique_ptr<Engine> engine_;
  ByteBuffer scratch_ = ByteBuffer(std::size_t{512} << 10U);
};

void pump(Stream& stream, Clock::time_point until) {
  const ByteBuffer block(std::size_t{64} << 10U, std::byte{0x5a});
  while (Clock::now() < until) stream.send(block);
}

double sink(Stream& stream, Clock::time_point until) {
  ByteBuffer out(16384);
  std::uint64_t total = 0;
  const auto start = Clock::now();
  while (Clock::now() < until) {
    const std::size_t size = stream.receive(out);
    if (size == 0) break;
    total += size;
  }
  const std::chrono::duration<double> took = Clock::now() - start;
  return static_cast<double>(total) * 8 / took.count() / 1e6;
}

/// What an end of the stream uses.
enum class Cipher { OfTheTunnel, WolfSsl };

std::unique_ptr<Engine> with(Cipher cipher, Result<std::unique_ptr<Engine>, TlsError> engine) {
  if (!engine) die(engine.error().words);
  if (cipher == Cipher::WolfSsl) (*engine)->use_wolfssl_alone();
  return std::move(*engine);
}

void serve(Cipher cipher, char** arguments) {
  auto context = ServerContext::make(trust(arguments[2]), credentials(arguments[3], arguments[4]), arguments[5]);
  if (!context) die(context.error().words);
  FileDescriptor listener{::socket(AF_INET, SOCK_STREAM, 0)};
  const int on = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto address = endpoint(arguments[0], arguments[1]);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("bind failed");
  if (::listen(listener.get(), 1) != 0) die("listen failed");
  std::puts("ready");
  std::fflush(stdout);
  Stream stream{FileDescriptor{::accept(listener.get(), nullptr, nullptr)},
                with(cipher, Engine::accept(*context, wall_now()))};
  std::byte order[2]{};
  if (stream.receive(order) == 0) return;
  const auto until = Clock::now() + std::chrono::seconds{std::to_integer<int>(order[1])};
  if (order[0] == std::byte{'d'})
    pump(stream, until + std::chrono::seconds{1});
  else {
    std::printf("%.0f\n", sink(stream, until));
    std::fflush(stdout);
  }
}

void measure(Cipher cipher, char direction, char** arguments) {
  auto context = ClientContext::make(trust(arguments[2]), credentials(arguments[3], arguments[4]));
  if (!context) die(context.error().words);
  FileDescriptor socket{::socket(AF_INET, SOCK_STREAM, 0)};
  const auto address = endpoint(arguments[0], arguments[1]);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("connect failed");
  Stream stream{std::move(socket), with(cipher, Engine::connect(*context, arguments[5], wall_now()))};
  const int seconds = std::atoi(arguments[6]);
  const std::byte order[2] = {static_cast<std::byte>(direction), static_cast<std::byte>(seconds)};
  stream.send(order);
  const auto until = Clock::now() + std::chrono::seconds{seconds};
  if (direction == 'u')
    pump(stream, until + std::chrono::seconds{1});
  else
    std::printf("%.0f\n", sink(stream, until));
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  using sallyport::Cipher;
  const bool is_wolfssl_alone = argc > 1 && std::string{argv[1]} == "--wolfssl";
  const Cipher cipher = is_wolfssl_alone ? Cipher::WolfSsl : Cipher::OfTheTunnel;
  char** words = argv + (is_wolfssl_alone ? 2 : 1);
  const int count = argc - (is_wolfssl_alone ? 2 : 1);
  const std::string mode = count > 0 ? words[0] : "";
  if (mode == "serve" && count == 7) {
    sallyport::serve(cipher, words + 1);
  } else if ((mode == "up" || mode == "down") && count == 8) {
    sallyport::measure(cipher, mode[0], words + 1);
  } else if (mode == "--cipher" && count == 1) {
    std::puts(sallyport::record_cipher_name().c_str());
  } else {
    const bool wants_help = mode == "--help" || mode == "-h";
    std::fputs(sallyport::kHelp, wants_help ? stdout : stderr);
    return wants_help ? 0 : 2;
  }
}
