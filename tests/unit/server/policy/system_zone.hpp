#pragma once

#include "common/base/time.hpp"

#include <cstdlib>
#include <ctime>
#include <string>

namespace sallyport {

/// The C library's own reading of the zone database, for the whole process while this lives.
class SystemZone {
 public:
  explicit SystemZone(const std::string& name) {
    ::setenv("TZ", (":" + name).c_str(), 1);
    ::tzset();
  }
  ~SystemZone() {
    ::unsetenv("TZ");
    ::tzset();
  }
  SystemZone(const SystemZone&) = delete;
  SystemZone& operator=(const SystemZone&) = delete;

  [[nodiscard]] std::tm local(WallTime time) const {
    const std::time_t seconds = time.time_since_epoch().count();
    std::tm out{};
    ::localtime_r(&seconds, &out);
    return out;
  }
  [[nodiscard]] std::chrono::seconds utc_offset(WallTime time) const {
    return std::chrono::seconds{local(time).tm_gmtoff};
  }
};

}  // namespace sallyport
