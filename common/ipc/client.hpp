#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace sallyport {

enum class IpcError { NotRunning, NotPermitted, Timeout, BadAnswer };
[[nodiscard]] std::string_view describe(IpcError error) noexcept;

/// Asks the daemon behind a local socket one question and waits for the answer, at most `patience` in all.
[[nodiscard]] Result<nlohmann::json, IpcError> ask_daemon(const std::string& socket_path, const nlohmann::json& request,
                                                          Duration patience = std::chrono::seconds{10});

}  // namespace sallyport
