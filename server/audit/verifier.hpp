#pragma once

#include "common/base/result.hpp"
#include "server/audit/chain.hpp"
#include "server/audit/line_file.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport {

/// What is wrong with a line. The names are stable: `audit verify --json` gives them.
enum class AuditFaultKind : std::uint8_t {
  Malformed,
  Changed,
  Missing,
  Reordered,
  Repeated,
  Inserted,
  BadSignature,
  OtherKey,
  HeadDiffers,
  Truncated,
  HalfLine,
};
[[nodiscard]] std::string_view name_of(AuditFaultKind kind) noexcept;

struct AuditFault {
  AuditFaultKind kind = AuditFaultKind::Malformed;
  std::string file;
  std::size_t line = 0;
  std::uint64_t sequence = 0;  ///< that the line should have
  std::string words;
};

/// A head that is known from elsewhere.
struct KnownHead {
  std::uint64_t sequence = 0;
  Sha256Digest digest{};  ///< of its line
  std::string time;
};

/// The public keys whose heads count, by their ids.
class AuditKeys {
 public:
  /// Ed25519 only.
  [[nodiscard]] Result<void, std::string> add(const PublicKey& key);
  [[nodiscard]] const PublicKey* find(const std::string& id) const;
  [[nodiscard]] bool empty() const noexcept { return keys_.empty(); }

 private:
  std::map<std::string, PublicKey> keys_;
};

/// What a chain of files came to.
struct AuditVerdict {
  std::optional<AuditFault> fault;  ///< the first one; numbers then count what is before it
  std::uint64_t records = 0;
  std::uint64_t first = 0;  ///< number of the first record; 0: there is none
  std::uint64_t last = 0;
  std::uint64_t heads = 0;
  std::uint64_t signed_to = 0;  ///< number of the last head
  std::string signed_at;
  std::uint64_t lost = 0;  ///< records that the writer says it could not write
};

/// Checks a chain line by line, with one line of foresight. Pure.
class AuditVerifier {
 public:
  struct Options {
    AuditKeys keys;
    std::vector<KnownHead> heads{};
    /// The first record must be number 1, or the records must say that those before were dropped.
    bool is_whole = true;
  };
  explicit AuditVerifier(Options options);

  /// The lines that follow are of this file.
  void begin_file(std::string name);
  void take(const FileLine& line);
  [[nodiscard]] AuditVerdict finish();

 private:
  struct Place {
    std::size_t file = 0;
    std::size_t line = 0;
  };
  struct Seen {
    std::uint64_t sequence = 0;
    Sha256Digest previous{};
    Sha256Digest digest{};
    Place place;
  };
  /// Of two neighbours that do not fit, the line behind them says which is wrong.
  struct Doubt {
    Seen older;
    Seen newer;
    bool are_twins = false;  ///< both stand behind the same line
  };

  void look_ahead(const FileLine& line);
  void take_first(const ChainedLine& line, const Seen& seen);
  void take_next(const ChainedLine& line, const Seen& seen);
  void take_misfit(const ChainedLine& line, const Seen& seen);
  void settle(const Doubt& doubt, bool newer_is_sound);
  void accept(const ChainedLine& line, const Seen& seen);
  bool check_head(const ChainedLine& line, const Seen& seen);
  void note_statements(const ChainedLine& line, std::string_view text);
  void blame(AuditFaultKind kind, Place place, std::uint64_t sequence, std::string words);
  void judge_beginning();
  void judge_heads();
  void judge_end();

  Options options_;
  std::multimap<std::uint64_t, KnownHead> known_;
  std::optional<std::pair<KnownHead, KnownHead>> contradiction_;  ///< two of one number
  std::vector<std::string> files_;
  std::size_t line_ = 0;
  std::optional<Seen> before_;
  std::optional<Doubt> doubt_;
  std::optional<Place> first_place_;
  std::vector<std::uint64_t> unsigned_drops_;  ///< what no head covers, anybody may have written
  std::set<std::uint64_t> dropped_to_;
  std::string_view text_;  ///< of the line at hand
  AuditVerdict verdict_;
};

/// A head line, as it was kept or collected: signed by one of `keys`. The error is words.
[[nodiscard]] Result<KnownHead, std::string> read_known_head(std::string_view line, const AuditKeys& keys);

}  // namespace sallyport
