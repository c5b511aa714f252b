#pragma once

#include "common/base/bytes.hpp"
#include "common/base/file.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "server/config/gateway_config.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// How far one authority has taken another's place; docs/ca-rollover.md.
enum class RotationPhase : std::uint8_t {
  None,
  Spreading,  ///< devices of both are let in, laptops are told of the next one, which signs nothing yet
  Issuing,    ///< the next one signs for devices that have it
  Retiring,   ///< the one of before counts no more; files are being put in their places
};
/// "none", "spreading", "issuing", "retiring"; these stand in files and documents.
[[nodiscard]] std::string_view name_of(RotationPhase phase) noexcept;

inline constexpr std::chrono::seconds kDefaultRenewWithin{std::chrono::hours{24}};
inline constexpr std::size_t kMaxRetiredKept = 16;
inline constexpr std::size_t kMaxRetiredKeys = 256;

/// The one file that says which of the others count. It is replaced in one step, so whenever a process dies the
/// gateway starts by what was there before a change or by what is there after it, and by nothing in between.
struct Rotation {
  RotationPhase phase = RotationPhase::None;
  std::uint64_t generation = 1;  ///< of the newest authority that was made here; names it
  std::string current;           ///< fingerprint of the authority of before; empty in None
  std::string next;              ///< fingerprint of the one to come; empty in None
  WallTime begun_at{};
  std::chrono::seconds renew_within = kDefaultRenewWithin;
  std::vector<std::string> retired;  ///< fingerprints, oldest first
  /// Hex key ids, oldest first: no certificate of these keys is an authority again, whoever signed it.
  std::vector<std::string> retired_keys{};
  /// What the authority that counts signed for `retired` (sign_retirement). Empty in records of before it was signed.
  ByteBuffer retirement{};

  [[nodiscard]] bool is_under_way() const noexcept { return phase != RotationPhase::None; }
  /// Adds to both lists, without the oldest when there are too many. An empty key is unknown. The list is to be signed
  /// anew.
  void retire(const std::string& fingerprint, const std::string& key_id);
  friend bool operator==(const Rotation&, const Rotation&) = default;
};

/// Where the parts of a rotation lie: all in STATE/ca, but for a copy of the next key that the gateway may read.
struct RotationFiles {
  explicit RotationFiles(const GatewayConfig& config);

  std::string record;       ///< rotation.json
  std::string directory;    ///< next/: means nothing without a record that names it
  std::string certificate;  ///< next/ca.pem
  std::string key;          ///< next/ca.key
  std::string vouched;      ///< next/vouched.pem: what the authority of before signed for it
  std::string both;         ///< next/both.pem: both authorities, for laptops that are enrolled by files
  std::string list;         ///< next/crl.pem
  std::string gateway;      ///< next/gateway.pem: the gateway's certificate once the next one counts alone
  std::string issuing_key;  ///< the next key where the gateway finds it: `key`, or beside [enrolment] ca_key
};

/// No file: nothing was ever rotated. One that cannot be understood is an error: it is never taken for none.
[[nodiscard]] Result<Rotation, FileError> load_rotation(const GatewayConfig& config);
/// In one step: from here on everybody goes by it.
[[nodiscard]] Result<void, FileError> store_rotation(const GatewayConfig& config, const Rotation& rotation);

[[nodiscard]] Result<Rotation, std::string> parse_rotation(std::string_view text);
[[nodiscard]] std::string to_text(const Rotation& rotation);

/// The authority that signs what a person asks sallyportctl for: that of STATE/ca, or the next one once it counts
/// alone.
struct AuthorityFiles {
  std::string certificate;
  std::string key;
};
[[nodiscard]] AuthorityFiles signing_files(const GatewayConfig& config, const Rotation& rotation);

}  // namespace sallyport
