#pragma once

#include "common/base/file.hpp"
#include "common/base/result.hpp"
#include "common/pki/trust_bundle.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

// What foreign authorities' sources had last that nobody here can read: the file "unread" beside the lists that were
// good last. A reload and a start look at no URL; what is not known of revocation is not forgotten by them.

/// No file: nothing. One that cannot be understood is an error: it is never taken for nothing.
[[nodiscard]] Result<std::vector<UnreadSource>, FileError> load_unread(const std::string& directory);
/// In one step, the directory too when it is missing. Nothing is written that is there already.
[[nodiscard]] Result<void, FileError> store_unread(const std::string& directory, const TrustBundle& bundle);

[[nodiscard]] Result<std::vector<UnreadSource>, std::string> parse_unread(std::string_view text);
[[nodiscard]] std::string to_text(const std::vector<UnreadSource>& unread);

}  // namespace sallyport
