#pragma once

#include "server/gateway/admission.hpp"
#include "server/session/end_reason.hpp"

#include <array>
#include <cstdint>

namespace sallyport {

/// What became of sessions since the gateway started.
struct SessionCounts {
  std::uint64_t opened = 0;  ///< admitted
  std::array<std::uint64_t, kEndReasonCount> ended{};
  std::array<std::uint64_t, kAdmissionRefusals> refused{};
  std::uint64_t flapping = 0;        ///< alarms
  std::uint64_t source_changed = 0;  ///< devices that came from elsewhere than their live session
};

}  // namespace sallyport
