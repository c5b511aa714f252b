#pragma once

#include "common/base/result.hpp"
#include "common/base/system_error.hpp"
#include "common/ip/address.hpp"

#include <memory>
#include <string>
#include <vector>

namespace sallyport {

/// Hides inside addresses behind the gateway's own towards the office, for offices that cannot route the pool.
/// One nftables table of ours, put in place in one transaction through the program `nft` (its library is GPL-2.0-only
/// and must not be linked) and removed with this object.
class Masquerade {
 public:
  /// `interface` empty: on every interface but the tunnel's own.
  [[nodiscard]] static Result<std::unique_ptr<Masquerade>, SystemError> install(const std::vector<IpPrefix>& pool,
                                                                                const std::string& interface,
                                                                                const std::string& tun_name);
  ~Masquerade();
  Masquerade(const Masquerade&) = delete;
  Masquerade& operator=(const Masquerade&) = delete;

 private:
  Masquerade() = default;
};

/// The nft script that install() runs. `interface` and `tun_name` hold no quotes: configuration checked them.
[[nodiscard]] std::string masquerade_script(const std::vector<IpPrefix>& pool, const std::string& interface,
                                            const std::string& tun_name);

}  // namespace sallyport
