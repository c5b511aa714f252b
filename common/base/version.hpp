#pragma once

#include <string_view>

namespace sallyport {

/// The version of this build as meson.build names it: "0.1.0".
[[nodiscard]] std::string_view product_version() noexcept;

}  // namespace sallyport
