#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport {

/// Which worker, counted from 0. Below kMaxWorkers of the configuration.
enum class WorkerNumber : std::uint8_t {};

[[nodiscard]] constexpr std::size_t index_of(WorkerNumber worker) noexcept { return static_cast<std::size_t>(worker); }

}  // namespace sallyport
