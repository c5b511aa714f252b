#pragma once

#include "client/linux/posture/system_root.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport {

/// The kernel keeps this much of a process's name.
inline constexpr std::size_t kCommLength = 15;

/// A process among the entries of /proc, which stand there by their numbers.
[[nodiscard]] bool is_process_entry(std::string_view name);
/// The last part of a path, without what the kernel writes behind that of a file that is gone.
[[nodiscard]] std::string base_name(std::string path);

/// What /proc says of one; `process` is "/proc/NUMBER". Empty: it is not there, or not for us to see.
[[nodiscard]] std::string comm_of(const SystemRoot& root, const std::string& process);
[[nodiscard]] std::string program_of(const SystemRoot& root, const std::string& process);
/// A process that has ended and was not collected yet runs no more.
[[nodiscard]] bool has_ended(const SystemRoot& root, const std::string& process);

}  // namespace sallyport
