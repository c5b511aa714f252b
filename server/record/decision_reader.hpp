#pragma once

#include "common/base/file.hpp"
#include "common/base/result.hpp"
#include "server/record/decision_record.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace sallyport {

/// A line that is no record.
struct DamagedLine {
  std::string file;
  std::size_t line = 0;
  std::string error;
};

struct ReadDecisions {
  std::size_t files = 0;    ///< 0: there is none
  std::size_t records = 0;  ///< shown
  std::size_t damaged = 0;
  std::vector<DamagedLine> damage;  ///< the first kMaxDamage of them
  static constexpr std::size_t kMaxDamage = 20;
};

/// Shows what the decision log at `path` holds from `since` on, oldest file first; a gateway may go on to a new file
/// meanwhile. Damaged lines are passed over and counted. Fails when a file that is there cannot be read.
[[nodiscard]] Result<ReadDecisions, FileError> read_decisions(const std::string& path, WallTime since,
                                                              const std::function<void(const DecisionRecord&)>& show);

/// Shows every line of a file of lines, without its end; one longer than a record can be arrives cut. False: there is
/// no such file.
[[nodiscard]] Result<bool, FileError> read_lines(const std::string& path,
                                                 const std::function<void(std::size_t number, std::string_view)>& show);

}  // namespace sallyport
