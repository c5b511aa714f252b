#pragma once

#include "client/daemon/posture_collection.hpp"
#include "client/posture/posture_news.hpp"
#include "client/posture/posture_source.hpp"
#include "common/log/log.hpp"
#include "common/uv/loop.hpp"
#include "common/uv/poll.hpp"
#include "common/uv/timer.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sallyport {

/// While a session carries the tunnel, notices when this laptop would report something else than it did.
class PostureVigil {
 public:
  /// `tell`: the gateway is to be told that it should ask.
  PostureVigil(Loop& loop, Log& log, std::shared_ptr<const PostureSource> source, std::function<void()> tell);

  /// The session that carries has this report, which speaks of `wants`.
  void note_report(const PostureWants& wants, std::string body);
  /// No session carries.
  void rest();

 private:
  void begin();
  void on_stir();
  void arm();
  void look();

  Loop& loop_;
  Log& log_;
  std::shared_ptr<const PostureSource> source_;
  std::function<void()> tell_;
  PostureNews news_;
  PostureCollection looks_;
  Timer timer_;
  std::unique_ptr<PostureWatch> watch_;  ///< null: this system has none, or nothing was reported yet
  std::optional<Poll> poll_;             ///< destroyed before the watch
  std::optional<PostureWants> wants_;    ///< unset: at rest
};

}  // namespace sallyport
