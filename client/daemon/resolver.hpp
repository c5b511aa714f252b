#pragma once

#include "common/base/result.hpp"
#include "common/ip/address.hpp"
#include "common/uv/loop.hpp"
#include "common/uv/poll.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// Turns host names into addresses without stopping the loop: the system's resolver works in a thread of its own.
class Resolver {
 public:
  /// Addresses in the system's order of preference, never empty; or why there are none.
  using Answer = Result<std::vector<IpAddress>, std::string>;
  using Callback = std::function<void(Answer)>;

  explicit Resolver(Loop& loop) noexcept : loop_{loop} {}
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// One at a time: an earlier lookup is cancelled.
  void lookup(const std::string& host, Callback on_answer);
  /// The callback will not be called. The system's resolver may go on for a while; nobody waits for it.
  void cancel() noexcept;

 private:
  struct Lookup;
  void deliver();

  Loop& loop_;
  std::shared_ptr<Lookup> lookup_;  ///< shared with the thread, which may outlive this
  std::optional<Poll> poll_;
  Callback on_answer_;
};

}  // namespace sallyport
