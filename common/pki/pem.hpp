#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// "-----BEGIN LABEL-----" with lines of 64 characters.
[[nodiscard]] std::string to_pem(std::string_view label, Bytes der);

/// The contents of every block labelled `label`, in order; other labels and text between blocks are skipped.
/// A damaged block of that label is an error, none at all is an empty list.
[[nodiscard]] Result<std::vector<ByteBuffer>, PkiError> from_pem(std::string_view label, std::string_view text);

}  // namespace sallyport
