#pragma once

#include "common/base/time.hpp"
#include "common/log/audit.hpp"
#include "server/config/gateway_config.hpp"
#include "server/gateway/token_bucket.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sallyport {

/// So many records of a kind are written one by one at once, and one more every `interval` on the long run.
struct Ration {
  unsigned burst;
  Duration interval;

  friend bool operator==(const Ration&, const Ration&) = default;
};

/// Of one device: its sessions, whatever it does with them.
inline constexpr Ration kSessionRation{100, std::chrono::minutes{1}};
/// Of one device and each reason that it is refused for.
inline constexpr Ration kDeviceRefusalRation{50, std::chrono::minutes{10}};
/// No record of a refusal is longer, with its chain.
inline constexpr std::size_t kLongestRefusal = 1280;
/// Of each reason that somebody without a known device is refused for, so that a flood of all of them uses no more than
/// a hundredth of the room of the audit files in a day; docs/audit.md section 3 has the arithmetic.
[[nodiscard]] Ration stranger_ration(const AuditSettings& settings);

/// Records that others bring about as often as they care to: what is over the ration of its kind is counted, and said
/// in one record as soon as the ration has room for that. Nothing of a kind is written one by one before. Pure; only on
/// the control thread.
class RationBook {
 public:
  /// Who is rationed apart from whom. Of strangers, whose device is empty, at most kMostOfStrangers kinds are told
  /// apart.
  struct Kind {
    std::string event;
    std::string reason{};
    std::string device{};
    friend auto operator<=>(const Kind&, const Kind&) = default;
  };
  static constexpr std::size_t kMostOfStrangers = 128;

  /// True: `record` is to be written. False: it was counted. A kind keeps the ration it began with until it was quiet.
  [[nodiscard]] bool take(Kind kind, const Ration& ration, const AuditRecord& record, Now now);
  /// `count` more like `record` are not written, whatever the ration says.
  void leave_out(Kind kind, const Ration& ration, const AuditRecord& record, Now now, std::uint64_t count = 1);
  /// Says of what was left out what is due, in one record for each kind; `is_last`: all of it. `tell` returns false
  /// when that could not be written: this count and those behind it are kept.
  void tell_due(Now now, bool is_last, const std::function<bool(const AuditRecord&)>& tell);

  /// Records that were left out since the start.
  [[nodiscard]] std::uint64_t left_out() const noexcept { return left_out_; }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    TokenBucket bucket;
    std::uint64_t count = 0;  ///< left out, and not said yet
    TimePoint since{};        ///< when the first of them was
    WallTime first{};
    WallTime last{};
    std::string user{};
    std::string source{};  ///< of the last one
  };
  using Entries = std::map<Kind, Entry>;
  static constexpr std::size_t kFirstSweep = 1024;

  Entries::iterator entry_of(Kind kind, const Ration& ration, TimePoint now);
  void count(Entries::iterator entry, const AuditRecord& record, Now now, std::uint64_t count);
  void sweep(TimePoint now);

  Entries entries_;
  std::vector<Entries::iterator> behind_;  ///< with a count
  std::size_t of_strangers_ = 0;
  std::size_t sweep_at_ = kFirstSweep;
  std::uint64_t left_out_ = 0;
};

}  // namespace sallyport
