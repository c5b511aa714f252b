#pragma once

#include "server/gateway/worker_message.hpp"

#include <cstddef>

namespace sallyport {

/// Those who carry traffic, as whoever tells them what to do sees them. Only on the control thread.
class Workforce {
 public:
  virtual ~Workforce() = default;

  [[nodiscard]] virtual std::size_t size() const noexcept = 0;
  /// Each carries out what it is told in order.
  virtual void push(std::size_t worker, WorkerCommand&& command) = 0;
  /// For the worker of this session; nobody, when it is over.
  virtual void tell(SessionId session, WorkerCommand&& command) = 0;
  /// Chooses the session's worker and gives it the connection. False when that one cannot keep up: the connection is
  /// gone. A session that is not refused counts for its worker until forget(), whatever came of this.
  [[nodiscard]] virtual bool adopt(command::Adopt&& adopt) = 0;
  /// It has ended.
  virtual void forget(SessionId session) = 0;

  /// The same command for every worker.
  template <class Command>
  void tell(const Command& command) {
    for (std::size_t i = 0; i < size(); ++i) push(i, WorkerCommand{command});
  }

 protected:
  Workforce() = default;
  Workforce(const Workforce&) = default;
  Workforce& operator=(const Workforce&) = default;
};

}  // namespace sallyport
