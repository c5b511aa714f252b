#pragma once

#include "common/base/time.hpp"
#include "server/policy/evidence.hpp"
#include "server/policy/rights_table.hpp"

#include <map>
#include <memory>
#include <tuple>
#include <vector>

namespace sallyport {

class Policy;

/// Who could reach less at one moment if another policy were in force. What equal rights answer is found out once: the
/// cost follows the number of distinct rights, not of sessions. Not per packet.
class LostAccess {
 public:
  LostAccess(std::shared_ptr<const Policy> present, std::shared_ptr<const Policy> candidate, WallTime now) noexcept
      : present_{std::move(present)}, candidate_{std::move(candidate)}, now_{now} {}

  /// Whether there is a destination that the present policy allows this evidence now and the candidate does not.
  [[nodiscard]] bool by(const Evidence& evidence);

 private:
  /// Two tables and which of their guards are met. Holds the tables, so that their addresses stay theirs.
  using Pair = std::tuple<std::shared_ptr<const RightsTable>, std::vector<bool>, std::shared_ptr<const RightsTable>,
                          std::vector<bool>>;

  std::shared_ptr<const Policy> present_;
  std::shared_ptr<const Policy> candidate_;
  WallTime now_;
  std::map<Pair, bool> known_;
};

}  // namespace sallyport
