#include "common/pki/certificate_authority.hpp"
#include "tests/bench/handshake_ends.hpp"
#include "tests/bench/handshake_tools.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace sallyport::handshakes {
namespace {

/// Laptops with a key and a certificate each, as the authority in this directory issues them: no gateway saw any of
/// them before.
std::vector<ClientContext> new_laptops(const std::string& directory, int count) {
  const auto authority = CertificateAuthority::load(directory);
  if (!authority) die(to_string(authority.error()));
  const auto trusted = trust(directory + "/ca.pem");
  std::vector<ClientContext> laptops;
  for (int i = 0; i < count; ++i) {
    auto key = PrivateKey::generate(KeyKind::P256).value();
    const auto name = "first-" + std::to_string(i);
    const auto issued = authority->issue_device(
        key.public_key(), {DeviceId{name}, UserId{name + "@example.com"}, authority->trust_domain()}, wall_now());
    if (!issued) die(to_string(issued.error()));
    auto context = ClientContext::make(
        trusted, std::make_shared<const Credentials>(Credentials::make(issued->pem, std::move(key)).value()));
    if (!context) die(context.error().words);
    laptops.push_back(std::move(*context));
  }
  return laptops;
}

}  // namespace

void first_in_memory(char** arguments) {
  const std::string directory = arguments[0];
  const auto laptops = new_laptops(directory, std::atoi(arguments[5]));
  const auto gateway =
      ServerContext::make(trust(directory + "/ca.pem"), credentials(arguments[1], arguments[2]), arguments[3]);
  if (!gateway) die(gateway.error().words);
  std::chrono::nanoseconds used{};
  for (const auto& laptop : laptops) used += gateway_half(*gateway, laptop, arguments[4]);
  print_cost(static_cast<int>(laptops.size()), used);
}

void first_against_gateway(char** arguments) {
  const auto laptops = new_laptops(arguments[0], std::atoi(arguments[4]));
  const auto place = endpoint(arguments[1], std::atoi(arguments[2]));
  std::puts("ready");
  std::fflush(stdout);
  if (std::getchar() == EOF) return;
  std::atomic<std::size_t> next{0};
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < std::atoi(arguments[5]); ++i) {
    threads.emplace_back([&] {
      for (auto at = next++; at < laptops.size(); at = next++) {
        if (!shake_hands(laptops[at], arguments[3], place)) ++failed;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::printf("%d %d\n", static_cast<int>(laptops.size()) - failed.load(), failed.load());
}

}  // namespace sallyport::handshakes
