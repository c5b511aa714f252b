#pragma once

namespace sallyport {

/// A connection to the client service on which this process asked for `up` before its main() began; -1: it did not, or
/// could not. Given once, to be closed.
[[nodiscard]] int take_early_question() noexcept;

}  // namespace sallyport
