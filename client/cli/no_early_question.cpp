#include "client/cli/early_question.hpp"

namespace sallyport {

/// Where a loader runs first, or a sanitizer wants to.
int take_early_question() noexcept { return -1; }

}  // namespace sallyport
