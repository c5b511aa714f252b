#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/pki/pki_error.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// The newest revocation list ever accepted from each authority. Persisted, because a validly signed older list
/// would un-revoke devices.
class HighWaterMark {
 public:
  struct Entry {
    std::uint64_t number = 0;
    WallTime this_update{};

    friend bool operator==(const Entry&, const Entry&) = default;
    friend bool operator<(const Entry& a, const Entry& b) noexcept {
      return a.number != b.number ? a.number < b.number : a.this_update < b.this_update;
    }
  };

  /// Authorities are named by the hex of their key id.
  [[nodiscard]] std::optional<Entry> find(const std::string& authority) const;
  /// Never lowers an entry.
  void raise(const std::string& authority, Entry entry);
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  /// One line per authority: "KEYID NUMBER THIS-UPDATE".
  [[nodiscard]] static Result<HighWaterMark, PkiError> parse(std::string_view text);
  [[nodiscard]] std::string to_text() const;

  /// A missing file is an empty mark; a damaged one is an error.
  [[nodiscard]] static Result<HighWaterMark, PkiError> load(const std::string& path);
  /// In one step; what is in the file already is kept if it is higher.
  [[nodiscard]] Result<void, PkiError> store(const std::string& path) const;

  friend bool operator==(const HighWaterMark&, const HighWaterMark&) = default;

 private:
  std::map<std::string, Entry> entries_;
};

}  // namespace sallyport
