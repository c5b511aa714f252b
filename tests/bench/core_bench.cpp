// What a packet costs between the TUN device and the socket, step by step, without either: the codec, the parse that
// classifies it, the checks of a super-packet, sealing and opening. What a known flow's look-up and a decision cost is
// in policy_bench. seal and open go by what the tunnel uses on this machine (the first line says what), those with
// _wolfssl by wolfSSL alone. Google Benchmark's own options apply: core_bench --benchmark_filter=seal

#include "common/ip/packet.hpp"
#include "common/tls/engine.hpp"
#include "common/tls/library.hpp"
#include "common/wire/capsule.hpp"
#include "common/wire/datagram.hpp"
#include "common/wire/packet_datagrams.hpp"
#include "tests/support/super_packets.hpp"
#include "tests/support/test_pki.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <utility>

namespace sallyport {
namespace {

using namespace test;

constexpr int kPackets = 32;

/// IPv4, `size` octets in all.
ByteBuffer plain(std::size_t size) { return packet("10.99.0.2", "10.20.4.10", tcp(40000, 443, kAck, size - 40)); }

OwnSuperPacket large() {
  std::mt19937 random{1};
  return super_tcp("10.99.0.2", "10.20.4.10", 40000, 443, 62'000, 1448, random);
}

void count_octets(benchmark::State& state, std::size_t octets) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(octets));
}

/// Range: octets of a packet; 0: a super-packet of 62,040.
void encode(benchmark::State& state) {
  const auto super =
      state.range(0) == 0 ? large() : OwnSuperPacket{plain(static_cast<std::size_t>(state.range(0))), {}};
  ByteBuffer out;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(append_packet(out, super.view(), true));
  }
  count_octets(state, super.bytes.size());
}
BENCHMARK(encode)->Arg(64)->Arg(1400)->Arg(0);

/// The same, of a stream with many of them: a time is that of one.
void decode(benchmark::State& state) {
  const auto one = plain(static_cast<std::size_t>(state.range(0)));
  ByteBuffer stream;
  for (int i = 0; i < kPackets; ++i) append_datagram(stream, one);
  CapsuleReader reader;
  for (auto _ : state) {
    reader.feed(stream);
    for (auto capsule = reader.next(); capsule && *capsule; capsule = reader.next()) {
      benchmark::DoNotOptimize(parse_datagram((*capsule)->payload));
    }
  }
  state.SetItemsProcessed(state.iterations() * kPackets);
}
BENCHMARK(decode)->Arg(64)->Arg(1400);

/// Range: IP version.
void classify(benchmark::State& state) {
  const bool v4 = state.range(0) == 4;
  const auto one =
      packet(v4 ? "10.99.0.2" : "fd12::2", v4 ? "10.20.4.10" : "fd00:20::4:10", tcp(40000, 443, kAck, 1300));
  for (auto _ : state) benchmark::DoNotOptimize(PacketView::parse(one));
}
BENCHMARK(classify)->Arg(4)->Arg(6);

void check_super_packet(benchmark::State& state) {
  const auto super = large();
  for (auto _ : state) {
    const auto view = PacketView::parse(super.bytes);
    benchmark::DoNotOptimize(find_super_packet_fault(super.view(), *view));
  }
}
BENCHMARK(check_super_packet);

enum class Cipher { OfTheTunnel, WolfSsl };

/// Two engines in memory after their handshake.
class Pair {
 public:
  explicit Pair(Cipher cipher) : server_{pki_.server()} {
    client = Engine::connect(pki_.client(pki_.device()), "vpn.example.com", wall_now()).value();
    gateway = Engine::accept(server_, wall_now()).value();
    if (cipher == Cipher::WolfSsl) {
      client->use_wolfssl_alone();
      gateway->use_wolfssl_alone();
    }
    (void)client->handshake();
    pass(*client, *gateway);
    pass(*gateway, *client);
    pass(*client, *gateway);
    client->outbox().clear();
    gateway->outbox().clear();
  }
  std::unique_ptr<Engine> client;
  std::unique_ptr<Engine> gateway;

 private:
  void pass(Engine& from, Engine& to) {
    flight_ = std::exchange(from.outbox(), {});
    to.feed(flight_);
    if (!to.handshake()) std::abort();
  }
  TestPki pki_;
  ServerContext server_;
  ByteBuffer flight_;
};

/// Range: octets that are sealed at once.
void seal(benchmark::State& state, Cipher cipher) {
  Pair pair{cipher};
  const ByteBuffer plaintext(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    pair.client->outbox().clear();
    benchmark::DoNotOptimize(pair.client->write(plaintext));
  }
  count_octets(state, plaintext.size());
}

/// The other end of it; only opening is timed.
void open(benchmark::State& state, Cipher cipher) {
  using Clock = std::chrono::steady_clock;
  Pair pair{cipher};
  const ByteBuffer plaintext(static_cast<std::size_t>(state.range(0)));
  ByteBuffer opened(std::size_t{128} << 10U);
  for (auto _ : state) {
    pair.client->outbox().clear();
    if (!pair.client->write(plaintext)) return state.SkipWithError("cannot seal");
    const auto began = Clock::now();
    pair.gateway->feed(pair.client->outbox());
    std::size_t octets = 0;
    for (auto size = pair.gateway->read_all(opened); size && *size != 0; size = pair.gateway->read_all(opened)) {
      octets += *size;
    }
    state.SetIterationTime(std::chrono::duration<double>{Clock::now() - began}.count());
    if (octets != plaintext.size()) return state.SkipWithError("cannot open");
  }
  count_octets(state, plaintext.size());
}

void add_ciphers() {
  for (const auto& [suffix, cipher] : {std::pair{"", Cipher::OfTheTunnel}, {"_wolfssl", Cipher::WolfSsl}}) {
    auto* sealing = benchmark::RegisterBenchmark((std::string{"seal"} + suffix).c_str(), seal, cipher);
    auto* opening = benchmark::RegisterBenchmark((std::string{"open"} + suffix).c_str(), open, cipher);
    opening->UseManualTime();
    for (auto* each : {sealing, opening}) each->Arg(64)->Arg(1400)->Arg(16 << 10)->Arg(64 << 10);
  }
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  std::fprintf(stderr, "large records by %s\n", sallyport::record_cipher_name().c_str());
  sallyport::add_ciphers();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
