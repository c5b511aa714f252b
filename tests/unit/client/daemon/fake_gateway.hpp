#pragma once

#include "client/daemon/gateway_connection.hpp"
#include "common/ip/checksum.hpp"
#include "common/wire/address_assign.hpp"
#include "common/wire/upgrade.hpp"
#include "tests/support/packets.hpp"
#include "tests/support/test_pki.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace sallyport::test {

inline std::array<FileDescriptor, 2> socket_pair() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
}

/// The least that a laptop takes for a gateway: TLS, and whatever plaintext the test has it say.
class FakeGateway {
 public:
  FakeGateway(FileDescriptor socket, const ServerContext& context)
      : socket_{std::move(socket)}, engine_{std::move(*Engine::accept(context, wall_now()))} {}

  /// Takes what has come and sends what is due; what the client said is in `heard`.
  void run() {
    std::array<std::byte, 65536> chunk{};
    while (true) {
      const ssize_t n = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
      if (n <= 0) break;
      engine_->feed(Bytes{chunk}.first(static_cast<std::size_t>(n)));
      if (!engine_->is_established() && !engine_->handshake().value_or(false)) continue;
      read();
    }
    flush();
  }
  void say(const ByteBuffer& plaintext) {
    ASSERT_TRUE(engine_->write(plaintext));
    flush();
  }
  void change_keys() {
    ASSERT_TRUE(engine_->update_keys());
    flush();
  }
  void close() {
    engine_->close();
    flush();
    socket_.reset();
  }
  void vanish() { socket_.reset(); }

  std::string heard;

 private:
  void read() {
    std::array<std::byte, 16384> plaintext{};
    while (true) {
      const auto size = engine_->read(plaintext);
      if (!size || *size == 0) return;
      heard += as_text(Bytes{plaintext}.first(*size));
    }
  }
  void flush() {
    auto& outbox = engine_->outbox();
    if (!outbox.empty()) {
      EXPECT_EQ(::send(socket_.get(), outbox.data(), outbox.size(), MSG_NOSIGNAL), static_cast<ssize_t>(outbox.size()));
    }
    outbox.clear();
  }

  FileDescriptor socket_;
  std::unique_ptr<Engine> engine_;
};

/// A laptop's connection to a FakeGateway.
class GatewayConnectionTest : public testing::Test {
 protected:
  GatewayConnectionTest() : GatewayConnectionTest{socket_pair()} {}

  explicit GatewayConnectionTest(std::array<FileDescriptor, 2> sockets)
      : server_context_{pki_.server()}, gateway_{std::move(sockets[0]), server_context_} {
    auto engine = Engine::connect(pki_.client(pki_.device()), name_, wall_now());
    connection_.emplace(std::move(sockets[1]), std::move(*engine), "vpn.example.com", now_);
  }

  void run() {
    for (int turn = 0; turn < 6; ++turn) {
      connection_->flush(now_.steady);
      gateway_.run();
      connection_->receive(scratch_, plaintext_, now_, [this](const SuperPacket& packet) {
        packets_.emplace_back(packet.bytes.begin(), packet.bytes.end());
      });
      while (auto event = connection_->poll_event()) events_.push_back(std::move(*event));
    }
  }
  void come_online() {
    run();
    ByteBuffer out;
    append_upgrade_accepted(out, Extensions::all());
    append_address_assign(out, std::array{AssignedAddress{1, *IpPrefix::parse("10.99.0.14/32")}});
    gateway_.say(out);
    run();
  }
  /// The path of 40 ms loses something: acknowledgements go 10 ms apart.
  void lose_something() {
    const auto trip = std::chrono::milliseconds{40};
    (void)connection_->egress().pace().adapt(PathSample{.rtt = trip, .least_rtt = trip, .retransmitted = 1},
                                             now_.steady);
  }
  void expect_end(const std::string& reason, Reconnect::Outcome outcome) {
    const auto end = connection_->end();
    ASSERT_TRUE(end);
    EXPECT_EQ(end->failure.reason, reason) << end->failure.words;
    EXPECT_EQ(end->outcome, outcome);
    EXPECT_FALSE(connection_->is_online());
  }

  Now now_{TimePoint{std::chrono::seconds{1000}}, wall_now()};
  TestPki pki_;
  std::string name_ = "vpn.example.com";
  ServerContext server_context_;
  FakeGateway gateway_;
  QueueHome home_{.pool = {}, .key = {1, 2}};
  std::optional<GatewayConnection> connection_;
  std::vector<ByteBuffer> packets_;
  std::vector<ClientEvent> events_;
  ByteBuffer scratch_ = ByteBuffer(65536);
  ByteBuffer plaintext_ = ByteBuffer(32768);
};

/// A packet from one address to another, `size` octets of header and nothing.
inline ByteBuffer packet_of(std::size_t size, std::array<unsigned char, 8> addresses) {
  ByteBuffer packet(size);
  packet[0] = std::byte{0x45};
  store_be16(MutableBytes{packet}.subspan(2), static_cast<std::uint16_t>(size));
  std::memcpy(packet.data() + 12, addresses.data(), addresses.size());
  store_be16(MutableBytes{packet}.subspan(10), internet_checksum(Bytes{packet}.first(20)));
  return packet;
}
inline ByteBuffer packet_to_laptop(std::size_t size = 20) { return packet_of(size, {10, 20, 0, 1, 10, 99, 0, 14}); }
inline ByteBuffer packet_to_office(std::size_t size = 20) { return packet_of(size, {10, 99, 0, 14, 10, 20, 0, 1}); }

/// Of one flow.
inline ByteBuffer ack_to_office(std::uint32_t number, std::size_t data = 0) {
  return packet("10.99.0.14", "10.20.0.1", tcp(40000, 443, kAck, data, 1000, number));
}

}  // namespace sallyport::test
