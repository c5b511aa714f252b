#pragma once

#include "common/uv/loop_thread.hpp"
#include "common/uv/newest.hpp"
#include "common/uv/poll.hpp"
#include "common/uv/timer.hpp"
#include "server/gateway/listener.hpp"
#include "server/gateway/metrics_figures.hpp"
#include "server/gateway/reason_tally.hpp"
#include "server/gateway/source_limiter.hpp"
#include "server/gateway/token_bucket.hpp"
#include "server/metrics/scrape.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

struct ScrapeLimits {
  std::size_t connections = 16;
  double per_second = 20;  ///< new connections
  double burst = 40;
  /// Of each source, where other machines may come: one that floods leaves the others something.
  SourceLimits source{.per_second = 5, .burst = 10, .tracked = 1024};
  Duration idle = std::chrono::milliseconds{500};  ///< one that is still asking then gives way to one who comes
  Duration request = std::chrono::seconds{5};      ///< from the first moment until the request is whole
  Duration figures = std::chrono::seconds{5};      ///< from then on until the gateway has counted
  Duration answer = std::chrono::seconds{5};       ///< from then on until all is taken
  Duration freshness = std::chrono::seconds{1};    ///< a page serves all who ask within this time
};

/// Answers GET /metrics on a thread of its own: whoever asks, and however often, the control thread is asked once in
/// `freshness` at most. One request a connection; nothing that comes in is kept.
class ScrapeService {
 public:
  /// Called on this service's thread: put() is to follow.
  using Ask = std::function<void()>;

  /// `listeners` are bound, listening and non-blocking. `tally` has all names of ScrapeResult, and outlives this.
  ScrapeService(std::vector<FileDescriptor> listeners, ScrapeHost host, ScrapeLimits limits, ReasonTally& tally,
                Ask ask);
  ~ScrapeService();
  ScrapeService(const ScrapeService&) = delete;
  ScrapeService& operator=(const ScrapeService&) = delete;

  void start() { thread_.start(); }
  /// From any thread.
  void put(MetricsFigures figures) { figures_.put(std::move(figures)); }

 private:
  struct Guest;

  enum class Accepting : std::uint8_t { NoneWaits, TooFast, OutOfDescriptors, Welcomed };

  void on_listener(std::size_t index);
  Accepting accept_one(int fd);
  [[nodiscard]] bool may_come(const IpAddress& source);
  void welcome(Accepted accepted);
  [[nodiscard]] bool make_room(TimePoint now);
  void on_ready(Guest& guest);
  void hear(Guest& guest, Bytes bytes);
  void settle_request(Guest& guest, ScrapeResult result);
  void await_page(Guest& guest);
  void on_figures(const MetricsFigures& figures);
  void serve(Guest& guest);
  void refuse(Guest& guest, ScrapeResult refusal);
  void leave(Guest& guest);
  void settle(Guest& guest);
  void erase(std::uint64_t id);
  void on_tick();
  void arm_tick();
  void count(ScrapeResult result) { tally_.count(name_of(result)); }
  [[nodiscard]] TimePoint now() { return thread_.loop().now().steady; }

  LoopThread thread_;
  std::vector<FileDescriptor> listeners_;
  std::vector<Poll> listener_polls_;
  const ScrapeHost host_;
  const ScrapeLimits limits_;
  ReasonTally& tally_;
  const Ask ask_;
  TokenBucket rate_;
  SourceLimiter sources_;
  std::map<std::uint64_t, std::unique_ptr<Guest>> guests_;  ///< by number: oldest first
  std::uint64_t next_id_ = 1;
  std::string page_;
  std::optional<TimePoint> page_made_;
  std::optional<TimePoint> asked_;  ///< and not answered
  ByteBuffer scratch_;
  Timer tick_;
  Newest<MetricsFigures> figures_;
};

}  // namespace sallyport
