#pragma once

#include "client/config/client_config.hpp"
#include "common/base/diagnostic.hpp"
#include "common/base/result.hpp"

#include <string>
#include <string_view>

namespace sallyport {

/// The meaning of `text`; `file` is what diagnostics call it. All mistakes are reported, not only the first.
[[nodiscard]] Result<ClientConfig, Diagnostics> parse_client_config(std::string_view text, const std::string& file);

/// Also refuses a file that anybody but root and this process's user could have written.
[[nodiscard]] Result<ClientConfig, Diagnostics> load_client_config(const std::string& path);

}  // namespace sallyport
