#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// Which records `audit search` shows: all that is given must fit. Empty: anything.
struct AuditFilter {
  std::string user;
  std::string device;
  std::string serial;
  std::string session;
  std::string event;  ///< may end with "*"
  std::string reason;
  std::string by;         ///< a part of it
  std::string reference;  ///< the code an employee was shown, or the name of a token
  std::optional<WallTime> since{};
  std::optional<WallTime> until{};  ///< not included

  [[nodiscard]] bool matches(const nlohmann::json& record) const;
};

/// A time, a date, or an age counted back from `now`: "2d". The error is words.
[[nodiscard]] Result<WallTime, std::string> parse_moment(std::string_view text, WallTime now);

}  // namespace sallyport
