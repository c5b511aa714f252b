#pragma once

#include "common/base/bytes.hpp"
#include "server/flow/flow_key.hpp"
#include "tun/device.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::lab {

/// The kernel of this network namespace as a router between two TUN interfaces, "laptop" and "office", with nft rules
/// in the way. Needs a namespace of its own. Words in `problem` say what could not be set up.
class KernelRouter {
 public:
  KernelRouter();

  /// Puts these rules in force. Empty when it worked, else what nft said.
  [[nodiscard]] std::string load(const std::string& ruleset);

  /// Sends the pieces of one datagram and says whether it came out at the other side. Waits as long as `patience` for
  /// it; the kernel forwards before a write returns, so that nothing is waited for that does not come.
  [[nodiscard]] bool forwards(const std::vector<ByteBuffer>& pieces, Sender from, std::chrono::milliseconds patience);

  /// Packets that came out when others were asked about. Any is a fault of the comparison.
  [[nodiscard]] std::uint64_t strangers() const noexcept { return strangers_; }
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 private:
  void set_up();
  void must(const std::string& words);
  void must_write(const std::string& file, const std::string& value);
  [[nodiscard]] bool came_out(TunDevice& device, const std::vector<ByteBuffer>& pieces);

  TunDevice laptop_;
  TunDevice office_;
  std::uint64_t strangers_ = 0;
  std::string problem_;
  ByteBuffer scratch_ = ByteBuffer(std::size_t{64} << 10U);
};

}  // namespace sallyport::lab
