#pragma once

#include "server/revocation/list_source.hpp"
#include "server/revocation/source_report.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// The control thread's book of the places that revocation lists come from: how each of them is. Pure.
class RevocationDesk {
 public:
  struct Source {
    ListSource source;
    unsigned allow_stranding = 0;         ///< known devices that its first list of this round may lock out
    std::optional<WallTime> last_look{};  ///< whatever came of it
    std::optional<WallTime> last_good{};
    std::optional<WallTime> next_try{};
    std::string error{};       ///< why it is not good now; empty: it is
    bool has_content = false;  ///< it was looked into at least once in this round
    bool is_content_bad = false;
    std::uint64_t fetched = 0;    ///< documents
    std::uint64_t unchanged = 0;  ///< answers that nothing changed
    std::uint64_t failed = 0;     ///< looks that brought nothing
    std::uint64_t refused = 0;    ///< documents with a list that is not used
  };

  /// These are the sources from now on; the number of their round. One that was there before keeps its counts.
  [[nodiscard]] std::uint64_t begin(std::vector<ListSource> sources, unsigned allow_stranding);

  /// Whose report this is; null: of an earlier round.
  [[nodiscard]] Source* find(const SourceReport& report) noexcept;
  /// What is known without looking at lists. True when the state of the source changed, so that somebody must be told.
  [[nodiscard]] static bool note(Source& source, const SourceReport& report);
  /// What became of the lists of a report; `error` is empty when none was bad. True as with note().
  [[nodiscard]] static bool settle(Source& source, const SourceReport& report, std::string error);

  [[nodiscard]] const std::vector<Source>& sources() const noexcept { return sources_; }

 private:
  std::uint64_t round_ = 0;
  std::vector<Source> sources_;
};

}  // namespace sallyport
