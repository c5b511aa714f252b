#pragma once

#include "server/enrolment/enrolment.hpp"
#include "server/gateway/est_message.hpp"
#include "server/gateway/source_limiter.hpp"
#include "server/gateway/token_bucket.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>

namespace sallyport {

/// Answers requests for certificates on the control thread, which owns the store. Bounds how much work they make there,
/// and counts.
class EnrolmentDesk {
 public:
  struct Counters {
    std::uint64_t enrolled = 0;
    std::uint64_t renewed = 0;
    std::array<std::uint64_t, kEnrolmentRefusals> refused{};
  };
  struct Answer {
    ByteBuffer bytes;  ///< the whole HTTP answer
    Result<IssuedDevice, EnrolmentFailure> outcome;
  };

  [[nodiscard]] Answer serve(const EstAsked& asked, Store& store, const EnrolmentTerms& terms,
                             const BeforeIssue& before, Now now);
  [[nodiscard]] Answer refuse(EnrolmentFailure failure);

  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  [[nodiscard]] bool may_renew(const DeviceId& device, std::chrono::seconds lifetime, TimePoint now);
  [[nodiscard]] Result<IssuedDevice, EnrolmentFailure> decide(const EstAsked& asked, Store& store,
                                                              const EnrolmentTerms& terms, const BeforeIssue& before,
                                                              Now now);

  Counters counters_;
  SourceLimiter attempts_{{.per_second = 2, .burst = 20}};
  std::unordered_map<DeviceId, TokenBucket> renewals_;
};

}  // namespace sallyport
