#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// "-----BEGIN LABEL-----" with lines of 64 characters.
[[nodiscard]] std::string to_pem(std::string_view label, Bytes der);

/// The contents of every block labelled `label`, in order; other labels and text between blocks are skipped.
/// A damaged block of that label is an error, none at all is an empty list.
[[nodiscard]] Result<std::vector<ByteBuffer>, PkiError> from_pem(std::string_view label, std::string_view text);

struct PemBlock {
  std::optional<ByteBuffer> content;  ///< nullopt: damaged
  bool is_ended = true;               ///< false: the text or the next block begins where its end should be
};
/// The same one by one, for whoever goes on without those that are damaged; `most` at most. Takes time in proportion to
/// the text, whatever it is.
[[nodiscard]] std::vector<PemBlock> pem_blocks(std::string_view label, std::string_view text,
                                               std::size_t most = SIZE_MAX);

}  // namespace sallyport
