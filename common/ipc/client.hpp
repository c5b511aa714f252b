#pragma once

#include "common/base/file_descriptor.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/ipc/message.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport {

enum class IpcError { NotRunning, NotPermitted, Timeout, BadAnswer };
[[nodiscard]] std::string_view describe(IpcError error) noexcept;

/// Asks the daemon behind a local socket one question and waits for the answer, at most `patience` in all.
[[nodiscard]] Result<nlohmann::json, IpcError> ask_daemon(const std::string& socket_path, const nlohmann::json& request,
                                                          Duration patience = std::chrono::seconds{10});

/// Waits for the answer to what was asked on `connection`, which does not block.
[[nodiscard]] Result<nlohmann::json, IpcError> await_answer(FileDescriptor connection, Duration patience);

/// A question that is answered line by line.
class DaemonStream {
 public:
  [[nodiscard]] static Result<DaemonStream, IpcError> open(const std::string& socket_path,
                                                           const nlohmann::json& request, Duration patience);

  /// The next line; nullopt when none came within `patience`. BadAnswer when the daemon has closed.
  [[nodiscard]] Result<std::optional<nlohmann::json>, IpcError> next(Duration patience);

 private:
  explicit DaemonStream(FileDescriptor fd) noexcept : fd_{std::move(fd)} {}

  FileDescriptor fd_;
  MessageReader reader_{kMaxAnswerSize};
};

}  // namespace sallyport
