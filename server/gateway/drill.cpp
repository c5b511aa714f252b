#include "server/gateway/drill.hpp"

#include "server/enrolment/drill_identity.hpp"
#include "server/policy/loader.hpp"
#include "server/store/address_pool.hpp"

#include <fmt/format.h>

namespace sallyport {

IpAddress drill_target(const PoolPrefixes& pool) { return AddressPool{pool.prefixes().front()}.gateway(); }

Result<std::shared_ptr<const Policy>, std::string> drill_policy(const IpAddress& target, std::uint16_t port) {
  auto loaded = load_policy_texts(
      {{"drill", fmt::format("version = 1\n[resources]\ntarget = {{ net = \"{}\", ports = \"{}/udp\" }}\n"
                             "[allow.drill]\nwho = \"{}\"\nto = \"target\"\n",
                             target.to_string(), port, kDrillUser)}});
  if (!loaded) return fail(to_string(loaded.error()));
  return std::move(loaded->policy);
}

}  // namespace sallyport
