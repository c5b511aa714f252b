#pragma once

#include "common/ip/address.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sallyport {

/// What nft is to do so that packets to `addresses` come by `interface`, or from this machine, alone. None: to forget
/// all of it.
[[nodiscard]] std::string guard_script(const std::string& interface, const std::vector<IpAddress>& addresses);

/// Keeps a laptop's neighbours off its inside addresses. Linux takes a packet to any of its addresses by whatever
/// interface it comes, so a host of the local network could ask ports of them and slip forged packets into connections
/// of the tunnel (CVE-2019-14899). A table of nft of our own drops those; it outlives this process as the interface
/// does. Lives on one thread.
class InsideGuard {
 public:
  /// Told once, also on a thread of the guard's, when nft cannot do it. May not call the guard.
  using OnTrouble = std::function<void(const std::string& words)>;

  explicit InsideGuard(OnTrouble on_trouble);
  /// Waits for what is under way; the table stays.
  ~InsideGuard();
  InsideGuard(InsideGuard&&) noexcept;
  InsideGuard& operator=(InsideGuard&&) = delete;

  /// In place of what was protected before, in a moment: somebody waits for the first packet just now.
  void protect(const std::string& interface, const std::vector<IpAddress>& addresses);
  /// Waits until nothing is protected any more.
  void release();

 private:
  struct Shared;
  /// False: there is no thread that does it.
  [[nodiscard]] bool want(std::string script);

  std::unique_ptr<Shared> shared_;
};

}  // namespace sallyport
