#pragma once

#include "client/posture/posture_source.hpp"
#include "common/uv/loop.hpp"
#include "common/uv/poll.hpp"
#include "common/uv/timer.hpp"
#include "common/wire/posture_wants.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace sallyport {

/// Asks this system about itself without stopping the loop: the source works in a thread of its own, as the resolver
/// does. One at a time, and a few in a row: no gateway makes this laptop work for it.
class PostureCollection {
 public:
  using Callback = std::function<void(Posture)>;

  /// What is not known by then is answered as unknown.
  static constexpr auto kPatience = std::chrono::seconds{5};
  /// So many may begin at once, and one more after each gap on the long run.
  struct Pace {
    Duration gap = std::chrono::milliseconds{500};
    int at_once = 4;
  };

  PostureCollection(Loop& loop, std::shared_ptr<const PostureSource> source) : PostureCollection{loop, source, {}} {}
  PostureCollection(Loop& loop, std::shared_ptr<const PostureSource> source, Pace pace);
  ~PostureCollection();
  PostureCollection(const PostureCollection&) = delete;
  PostureCollection& operator=(const PostureCollection&) = delete;

  /// `on_done` is called later, never from here, with what was found after this call. Only for the newest call.
  /// `wait`: no sooner than then is anything looked at; not behind a job that is at work: then at once.
  void start(PostureWants wants, Callback on_done, Duration wait = {});
  /// No callback comes any more. A thread at work may go on for a while; nobody waits for it.
  void cancel() noexcept;

 private:
  struct Job;
  void begin();
  void on_timer();
  void deliver();

  Loop& loop_;
  std::shared_ptr<const PostureSource> source_;
  PostureWants wants_;
  Callback on_done_;     ///< empty: nobody waits
  bool is_due_ = false;  ///< begin() is owed to `on_done_`
  Pace pace_;
  TimePoint full_at_{};       ///< when Pace::at_once may begin at once again
  std::shared_ptr<Job> job_;  ///< at work for us; shared with its thread, which may outlive this
  /// Given up on and not ended: what holds them is not asked again. At most two, one before and one in the files.
  std::vector<std::shared_ptr<Job>> stuck_;
  std::optional<Poll> poll_;
  Timer timer_;
};

}  // namespace sallyport
