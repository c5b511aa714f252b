#pragma once

#include "common/base/time.hpp"
#include "common/log/append_file.hpp"
#include "server/record/decision_record.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// How much of the past is kept: PATH is written, PATH.1 is older, PATH.2 older still.
struct DecisionLogLimits {
  std::size_t file_size = 64U << 20U;
  std::chrono::seconds file_age = std::chrono::hours{24 * 7};
  unsigned files = 4;  ///< with the one that is written
};

/// The decisions of a gateway, one JSON object a line. Bounded on disk: the oldest file goes.
class DecisionLog {
 public:
  [[nodiscard]] static Result<DecisionLog, FileError> open(std::string path, DecisionLogLimits limits = {});

  /// On an error the record is lost; nothing else is.
  [[nodiscard]] Result<void, FileError> append(const DecisionRecord& record);

  /// Every file there can be, oldest first.
  [[nodiscard]] static std::vector<std::string> files_of(const std::string& path,
                                                         unsigned files = DecisionLogLimits{}.files);

 private:
  DecisionLog(AppendFile file, DecisionLogLimits limits) noexcept : file_{std::move(file)}, limits_{limits} {}
  [[nodiscard]] bool is_full(std::size_t more, WallTime now) const noexcept;
  [[nodiscard]] Result<void, FileError> start_new_file();

  AppendFile file_;
  DecisionLogLimits limits_;
  std::optional<WallTime> first_;  ///< of the first record in `file_`
};

}  // namespace sallyport
