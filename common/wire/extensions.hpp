#pragma once

#include <string>
#include <string_view>

namespace sallyport {

/// What both sides may use beyond RFC 9484; docs/protocol.md section 3.3.
struct Extensions {
  bool notice = false;
  bool why = false;
  bool attest = false;
  bool proof = false;
  bool authorities = false;
  bool gso = false;
  bool probe = false;

  [[nodiscard]] static constexpr Extensions all() noexcept { return {true, true, true, true, true, true, true}; }
  [[nodiscard]] constexpr bool any() const noexcept {
    return notice || why || attest || proof || authorities || gso || probe;
  }
  /// What both know.
  [[nodiscard]] friend constexpr Extensions operator&(Extensions a, Extensions b) noexcept {
    return {a.notice && b.notice,           a.why && b.why, a.attest && b.attest, a.proof && b.proof,
            a.authorities && b.authorities, a.gso && b.gso, a.probe && b.probe};
  }
  friend constexpr bool operator==(const Extensions&, const Extensions&) = default;
};

/// Reads a Sallyport-Extensions field. Unknown tokens are ignored; a malformed list is none at all.
[[nodiscard]] Extensions parse_extensions(std::string_view field);
/// "notice, why, attest, proof, authorities, gso, probe"
[[nodiscard]] std::string to_string(Extensions extensions);

}  // namespace sallyport
