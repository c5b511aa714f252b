#pragma once

#include "server/revocation/http_client.hpp"
#include "server/revocation/list_source.hpp"
#include "server/revocation/poll_schedule.hpp"
#include "server/revocation/source_report.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace sallyport {

/// Looks after the sources of revocation lists on a thread of its own, so that no server and no file system can hold up
/// the gateway: URLs at their interval, files and directories every second. It trusts nothing that it reads.
class RevocationPoller {
 public:
  /// Called on this poller's thread, for every look at a URL, and for files when they change or an interval has passed.
  using Reporter = std::function<void(SourceReport&&)>;

  explicit RevocationPoller(Reporter report);
  ~RevocationPoller();
  RevocationPoller(const RevocationPoller&) = delete;
  RevocationPoller& operator=(const RevocationPoller&) = delete;

  /// From any thread: these are the sources now, all of them due. Reports carry `round`.
  void watch(std::uint64_t round, std::vector<ListSource> sources);
  /// From any thread: what this source of this round had was not taken; it is to send it again when it is asked next.
  void was_refused(std::uint64_t round, std::size_t source);

 private:
  struct Watched {
    ListSource source;
    PollSchedule schedule;
    Validators validators{};  ///< of what was reported last
    std::string signature{};  ///< of the files, likewise
    TimePoint reported{};
    bool is_under_way = false;
  };
  struct Change {
    std::uint64_t round;
    std::vector<ListSource> sources;
  };

  void run();
  bool take_changes();
  void watch_instead(std::vector<ListSource> sources);
  void look_at(std::size_t place, TimePoint now);
  void look_at_files(std::size_t place, TimePoint now);
  void finish(const HttpResult& result);
  void report(std::size_t place, SourceOutcome outcome, std::vector<OfferedList> lists, std::string error);
  [[nodiscard]] std::chrono::milliseconds time_to_wait(TimePoint now) const;

  Reporter report_;
  HttpClient client_;
  std::uint64_t round_ = 0;
  std::vector<Watched> watched_;
  std::mutex mutex_;  ///< of the three below
  std::optional<Change> change_;
  std::set<std::size_t> refused_;
  bool is_stopping_ = false;
  std::thread thread_;
};

/// One look at each of these URLs, all at once, for at most `most`: what each has, or why it has nothing, in their
/// order.
[[nodiscard]] std::vector<OfferedList> fetch_now(const std::vector<ListSource>& sources,
                                                 std::chrono::milliseconds most);

}  // namespace sallyport
