#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"

namespace sallyport {

/// Fills `out` from a freshly seeded generator.
[[nodiscard]] Result<void, PkiError> fill_random(MutableBytes out);

}  // namespace sallyport
