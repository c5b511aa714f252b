#pragma once

#include "common/base/deadline_queue.hpp"
#include "common/uv/timer.hpp"
#include "tests/bench/crowd/member.hpp"
#include "tests/bench/crowd/sink.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// Thousands of laptops on one loop, and the one task that they have at a time. Each task ends by itself or at its
/// limit, and says then what it came to.
class Crowd {
 public:
  struct Settings {
    CrowdPlace place;
    std::string sink;         ///< inside address of the service that answers
    std::size_t sources = 0;  ///< outside addresses that the members share; 0: each has its own
  };
  /// Names of result members are stable: tests/bench/scale prints them.
  using Report = std::function<void(nlohmann::json&&)>;

  Crowd(Loop& loop, Settings settings, std::vector<CrowdDevice> devices, Report report);

  /// Everybody who is not online connects at once; done when all are online.
  void connect(Duration limit);
  /// Nobody does anything of their own.
  void idle(Duration time);
  /// `rate` packets a second in all for `time`, from each member in turn; some time after the last for its echo.
  void send(Duration time, double rate);
  /// Until `count` members have left and come back, at most `parallel` of them at the same time.
  void reconnect(std::size_t count, std::size_t parallel, Duration limit);
  /// Each member sends until it is answered.
  void check(Duration limit);
  [[nodiscard]] bool is_busy() const noexcept { return task_.has_value(); }

 private:
  struct Task {
    TimePoint limit;
    std::function<bool(Now)> is_done;
    std::function<void(nlohmann::json&)> tell;
  };
  struct Sending {
    TimePoint until;
    double rate = 0;
    std::size_t next = 0;  ///< member
    double owed = 0;       ///< packets that are due
  };

  void begin(Task task);
  void finish();
  void on_pulse();
  void pump(Now now);
  bool send_from(Member& member);
  void note_online(Member& member);
  void note_lost(const std::string& reason);
  void note_packet(Bytes packet);
  void keep_due(Member& member) { deadlines_.bring_forward(member.number(), member.next_due()); }
  void send_one_away();
  [[nodiscard]] std::size_t answered() const;

  Loop& loop_;
  Settings settings_;
  std::vector<CrowdDevice> devices_;
  Report report_;
  Sink sink_;
  Member::Scratch scratch_;
  Member::Listener listener_;
  std::vector<std::unique_ptr<Member>> members_;
  DeadlineQueue<std::uint32_t> deadlines_;
  Timer pulse_;
  std::optional<Task> task_;
  std::optional<Sending> sending_;

  std::size_t online_ = 0;
  std::size_t away_ = 0;   ///< left in this task and not back
  std::size_t moved_ = 0;  ///< left and came back
  // Of this task:
  TimePoint began_{};
  std::uint32_t round_ = 0;
  std::vector<double> online_after_;  ///< seconds
  TimePoint last_online_{};
  std::map<std::string, std::uint64_t> lost_;
  std::uint64_t attempts_ = 0;  ///< before it
  std::uint64_t sent_ = 0;
  std::uint64_t echoed_ = 0;
  TimePoint last_pump_{};
  Duration largest_send_gap_{};
  std::uint64_t routes_ = 0;
  TimePoint last_routes_{};
  std::vector<std::uint32_t> answered_in_;  ///< of each member: the round it was answered in last
};

}  // namespace sallyport
