#pragma once

#include "common/base/time.hpp"
#include "common/pki/trust_bundle.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sallyport {

enum class SourceOutcome : std::uint8_t { Content, Unchanged, Failed };

/// What one look at a source came to.
struct SourceReport {
  std::uint64_t round = 0;  ///< which set of sources it belongs to
  std::size_t source = 0;   ///< its place in that set
  SourceOutcome outcome = SourceOutcome::Failed;
  std::vector<OfferedList> lists{};  ///< of Content
  std::string error{};               ///< of Failed
  WallTime at{};
  WallTime next_try{};
};

}  // namespace sallyport
