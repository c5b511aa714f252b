#pragma once

#include "client/posture/posture.hpp"
#include "client/posture/posture_watch.hpp"

#include <memory>
#include <string>
#include <vector>

namespace sallyport {

/// How a kind of system is asked about itself; client/linux/posture holds the one for Linux. Calls may block, and come
/// from any thread, several at once.
class PostureSource {
 public:
  PostureSource() = default;
  virtual ~PostureSource() = default;
  PostureSource(const PostureSource&) = delete;
  PostureSource& operator=(const PostureSource&) = delete;

  /// All but the files, within a few seconds.
  [[nodiscard]] virtual Posture collect(const std::vector<std::string>& processes) const = 0;
  /// Whether each is there. Apart, because a path may lead to a file system that does not answer.
  [[nodiscard]] virtual PostureAnswers look_for(const std::vector<std::string>& files) const = 0;
  /// Null: nothing here tells of changes, and the gateway finds them by asking.
  [[nodiscard]] virtual std::unique_ptr<PostureWatch> watch() const { return nullptr; }
};

}  // namespace sallyport
