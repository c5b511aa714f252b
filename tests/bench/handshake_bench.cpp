// Mutual TLS 1.3 handshakes with X25519MLKEM768, by the product's engine: in memory, against a gateway, and the first
// flight alone as a flood; and by wolfSSL alone, beside which that is measured. Run by tests/bench/handshake.
//
//   handshake_bench alone CA CERTIFICATE KEY GATEWAY-CERTIFICATE GATEWAY-KEY SECONDS
//       wolfSSL in memory; prints handshakes, and microseconds of processor time of one for the gateway's half
//   handshake_bench memory CA CERTIFICATE KEY GATEWAY-CERTIFICATE GATEWAY-KEY DOMAIN NAME SECONDS
//       the same by the product's engine, with all its checks
//   handshake_bench memory-first CA-DIRECTORY GATEWAY-CERTIFICATE GATEWAY-KEY DOMAIN NAME COUNT
//       the same of that many laptops, each of which comes for the first time, with a certificate of its own
//   handshake_bench serve ADDRESS PORT CA GATEWAY-CERTIFICATE GATEWAY-KEY SECONDS
//       wolfSSL alone behind a socket; prints "ready", then as above
//   handshake_bench shut ADDRESS PORT SECONDS
//       accepts and closes; prints "ready", then as above
//   handshake_bench connect CA CERTIFICATE KEY ADDRESS PORT NAME SECONDS THREADS
//       prints whole handshakes; each connection is closed after its own
//   handshake_bench connect-first CA-DIRECTORY ADDRESS PORT NAME COUNT THREADS
//       the same, one by each of that many laptops that come for the first time; prints "ready" once their certificates
//       are there, waits for a line, then as above
//   handshake_bench flood CA CERTIFICATE KEY ADDRESS PORT NAME SECONDS RATE SOURCE...
//       sends hellos from those addresses in turn; prints how many, and how many were answered
//   handshake_bench arrive CA CERTIFICATE KEY ADDRESS PORT NAME SECONDS SOURCE...
//       a laptop at each of these addresses in turn, one each 100 ms, that tries again as sallyportd does; prints the
//       milliseconds until each had its handshake, and "-" for one that had none in time
#include "common/base/file_descriptor.hpp"
#include "tests/bench/handshake_alone.hpp"
#include "tests/bench/handshake_ends.hpp"
#include "tests/bench/handshake_tools.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>
#include <optional>
#include <random>
#include <thread>
#include <vector>

namespace sallyport::handshakes {
namespace {

ClientContext client_context(char** arguments) {
  auto context = ClientContext::make(trust(arguments[0]), credentials(arguments[1], arguments[2]));
  if (!context) die(context.error().words);
  return std::move(*context);
}

void in_memory(char** arguments) {
  const auto client_side = client_context(arguments);
  auto server_side = ServerContext::make(trust(arguments[0]), credentials(arguments[3], arguments[4]), arguments[5]);
  if (!server_side) die(server_side.error().words);
  const auto until = Clock::now() + std::chrono::seconds{std::atoi(arguments[7])};
  std::chrono::nanoseconds used{};
  int count = 0;
  for (; Clock::now() < until; ++count) used += gateway_half(*server_side, client_side, arguments[6]);
  print_cost(count, used);
}

void against_gateway(char** arguments) {
  const auto context = client_context(arguments);
  const auto place = endpoint(arguments[3], std::atoi(arguments[4]));
  const auto until = Clock::now() + std::chrono::seconds{std::atoi(arguments[6])};
  std::atomic<int> count{0};
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < std::atoi(arguments[7]); ++i) {
    threads.emplace_back([&] {
      while (Clock::now() < until) ++(shake_hands(context, arguments[5], place) ? count : failed);
    });
  }
  for (auto& thread : threads) thread.join();
  std::printf("%d %d\n", count.load(), failed.load());
}

/// One hello on its way.
struct Caller {
  FileDescriptor socket;
  Clock::time_point hangs_up;
  bool has_spoken = false;
};

void flood(int count, char** arguments) {
  constexpr auto kWaits = std::chrono::milliseconds{100};
  const auto context = client_context(arguments);
  auto engine = Engine::connect(context, arguments[5], wall_now()).value();
  (void)engine->handshake();
  const ByteBuffer hello = engine->outbox();
  const auto place = endpoint(arguments[3], std::atoi(arguments[4]));
  const int rate = std::atoi(arguments[7]);
  const auto began = Clock::now();
  const auto until = began + std::chrono::seconds{std::atoi(arguments[6])};
  std::deque<Caller> callers;
  int sent = 0;
  int answered = 0;
  for (auto now = began; now < until || !callers.empty(); now = Clock::now()) {
    const auto due = static_cast<int>(std::chrono::duration<double>{std::min(now, until) - began}.count() * rate);
    for (; sent < due; ++sent) {
      Caller caller{FileDescriptor{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)}, now + kWaits};
      const auto source = endpoint(arguments[8 + sent % (count - 8)], 0);
      if (!caller.socket || ::bind(caller.socket.get(), reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0)
        die("no source address");
      if (!connect_to(caller.socket.get(), place) && errno != EINPROGRESS) continue;
      callers.push_back(std::move(caller));
    }
    for (auto& caller : callers) {
      if (!caller.has_spoken)
        caller.has_spoken = ::send(caller.socket.get(), hello.data(), hello.size(), MSG_NOSIGNAL) > 0;
    }
    while (!callers.empty() && now >= callers.front().hangs_up) {
      char octet = 0;
      if (::recv(callers.front().socket.get(), &octet, 1, 0) == 1) ++answered;
      callers.pop_front();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  std::printf("%d %d\n", sent, answered);
}

/// Waits as client/session/reconnect.hpp has a laptop wait that lost its connection: from 20 ms on, doubling.
std::optional<std::chrono::duration<double, std::milli>> arrive_from(const sockaddr_in& source,
                                                                     const ClientContext& context, char** arguments) {
  constexpr auto kLongest = std::chrono::milliseconds{15'000};
  const auto place = endpoint(arguments[3], std::atoi(arguments[4]));
  std::mt19937 random{std::random_device{}()};
  const auto began = Clock::now();
  for (auto bound = std::chrono::milliseconds{20}; Clock::now() - began < kLongest; bound *= 2) {
    if (shake_hands(context, arguments[5], place, &source)) return Clock::now() - began;
    bound = std::min(bound, kLongest);
    std::this_thread::sleep_for(std::chrono::milliseconds{
        std::uniform_int_distribution<std::chrono::milliseconds::rep>{bound.count() / 2, bound.count()}(random)});
  }
  return std::nullopt;
}

void arrive(int count, char** arguments) {
  constexpr auto kApart = std::chrono::milliseconds{100};
  const auto until = Clock::now() + std::chrono::seconds{std::atoi(arguments[6])};
  std::vector<std::optional<std::chrono::duration<double, std::milli>>> took(static_cast<std::size_t>(count - 7));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < took.size() && Clock::now() < until; ++i) {
    threads.emplace_back([&took, arguments, i] {
      const auto context = client_context(arguments);
      took[i] = arrive_from(endpoint(arguments[7 + i], 0), context, arguments);
    });
    std::this_thread::sleep_for(kApart);
  }
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < threads.size(); ++i) {
    if (took[i])
      std::printf("%.1f ", took[i]->count());
    else
      std::printf("- ");
  }
  std::puts("");
}

}  // namespace
}  // namespace sallyport::handshakes

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "alone" && argc == 8)
    sallyport::handshakes::alone(argv + 2);
  else if (mode == "memory" && argc == 10)
    sallyport::handshakes::in_memory(argv + 2);
  else if (mode == "memory-first" && argc == 8)
    sallyport::handshakes::first_in_memory(argv + 2);
  else if (mode == "serve" && argc == 8)
    sallyport::handshakes::serve(argv + 2);
  else if (mode == "shut" && argc == 5)
    sallyport::handshakes::shut(argv + 2);
  else if (mode == "connect" && argc == 10)
    sallyport::handshakes::against_gateway(argv + 2);
  else if (mode == "connect-first" && argc == 8)
    sallyport::handshakes::first_against_gateway(argv + 2);
  else if (mode == "flood" && argc > 10)
    sallyport::handshakes::flood(argc - 2, argv + 2);
  else if (mode == "arrive" && argc > 9)
    sallyport::handshakes::arrive(argc - 2, argv + 2);
  else
    sallyport::handshakes::die("usage: see the head of tests/bench/handshake_bench.cpp");
}
