#pragma once

#include <tl/expected.hpp>

#include <utility>

namespace sallyport {

/// A value or a condition the direct caller handles. Only members shared with std::expected are used,
/// so that the move to C++23 is a change of this line.
template <class T, class E>
using Result = tl::expected<T, E>;

/// Makes the failing side of a Result.
template <class E>
[[nodiscard]] constexpr auto fail(E&& error) {
  return tl::unexpected<std::decay_t<E>>{std::forward<E>(error)};
}

}  // namespace sallyport
