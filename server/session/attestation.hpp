#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/pki/public_key.hpp"
#include "common/wire/attest.hpp"
#include "common/wire/proof.hpp"
#include "server/policy/posture_report.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace sallyport {

/// What ties answers to one connection and one device. Immutable.
struct ChannelBinding {
  PublicKey key;  ///< of the device certificate that TLS verified on this connection
  ChannelValue channel{};
};

/// Why an answer proved nothing. The names are stable: audit records carry them.
enum class AttestRefusal : std::uint8_t {
  NotAsked,      ///< not the challenge that is open: a repeated, late or invented answer
  Late,          ///< after kAnswerTime
  BadSignature,  ///< another key, channel, session or body than the one signed
  BadBody,       ///< rightly signed, but it does not say what an answer says
  CannotSign,    ///< the client says that its key is out of reach: a beat that is missed, and known to be at once
};
[[nodiscard]] std::string_view name_of(AttestRefusal refusal) noexcept;
/// Honest clients may be late or repeat themselves; these are neither.
[[nodiscard]] constexpr bool is_forged(AttestRefusal refusal) noexcept {
  return refusal == AttestRefusal::BadSignature || refusal == AttestRefusal::BadBody;
}

/// What a good answer showed.
struct Attested {
  std::optional<PostureReport> posture;  ///< the laptop's own word for it
  std::optional<ProofAttempt> proof{};   ///< what the person typed, not yet judged
  WallTime asked{};                      ///< all of it was made after that moment
};

/// The gateway's half of attestation: one challenge at a time, each good for one answer. Pure.
class Attestation {
 public:
  /// An answer that comes later proves nothing.
  static constexpr auto kAnswerTime = std::chrono::seconds{30};
  /// Between two challenges: never less, however tight a policy's ages are, and never more while answers come.
  static constexpr auto kShortestBeat = std::chrono::seconds{2};
  static constexpr auto kLongestBeat = std::chrono::minutes{5};
  /// Challenges that a laptop brings about by saying that its report has changed: so many at once, and one more each
  /// interval on the long run.
  static constexpr auto kChangeInterval = std::chrono::milliseconds{500};
  static constexpr int kChangesAtOnce = 10;

  Attestation(std::shared_ptr<const ChannelBinding> binding, std::uint64_t session)
      : binding_{std::move(binding)}, session_{session} {}

  /// `budget`: the smallest age that the rules in reach allow; nullopt: none asks. The next challenge is due at half of
  /// it, a little earlier by a share that differs from session to session and beat to beat.
  void keep_beat(std::optional<std::chrono::seconds> budget, TimePoint now);

  [[nodiscard]] bool is_due(TimePoint now) const noexcept { return now >= due(); }
  /// Never while an answer may still come: a slow link or token is not asked anew before it had its time.
  [[nodiscard]] TimePoint due() const noexcept {
    const auto next = std::min({due_, hurried_.value_or(due_), changed_.value_or(due_)});
    return open_ ? std::max(next, open_->expires()) : next;
  }
  /// The laptop has something to answer with: asks as soon as kShortestBeat allows.
  void hurry(TimePoint now) noexcept { hurried_ = std::max(now, asked_ + kShortestBeat); }
  /// It has said it: the beat alone counts again.
  void calm() noexcept { hurried_.reset(); }
  /// It would report something else than it did: asks at once, or as soon as there is room for one more.
  void note_change(TimePoint now) noexcept;
  /// One that note_change() asked for is still to come: another one says nothing new.
  [[nodiscard]] bool owes_change() const noexcept { return changed_.has_value(); }
  /// Asks; an older challenge is worth nothing any more.
  void challenge(const AttestNonce& nonce, PostureWants wants, TimePoint now, ByteBuffer& out);
  /// What the rules in reach ask for by name. What the last challenge did not ask for is asked for soon: until then it
  /// is unknown.
  void note_wants(const PostureWants& wants, TimePoint now);
  /// There is nothing to ask with: not before a moment has passed.
  void postpone(TimePoint now) noexcept {
    due_ = now + kShortestBeat;
    if (hurried_) hurried_ = due_;
    if (changed_) changed_ = due_;
  }
  /// Whether an answer can count at all.
  [[nodiscard]] bool is_open() const noexcept { return open_.has_value(); }
  /// Uses the open challenge up when the answer is to it, whatever it is worth.
  /// What it proves is dated at the question, by the wall clock as it is now: that may have been set meanwhile.
  [[nodiscard]] Result<Attested, AttestRefusal> take(const AttestAnswer& answer, Now now);

 private:
  struct Open {
    AttestChallenge challenge;
    TimePoint asked;
    [[nodiscard]] TimePoint expires() const noexcept { return asked + kAnswerTime; }
  };
  [[nodiscard]] Duration beat(std::chrono::seconds budget) const;

  std::shared_ptr<const ChannelBinding> binding_;
  std::uint64_t session_;
  std::optional<Open> open_;
  TimePoint due_ = TimePoint::min();
  std::optional<TimePoint> hurried_;
  std::optional<TimePoint> changed_;
  TimePoint changes_full_at_{};  ///< when kChangesAtOnce may go out at once again
  TimePoint asked_ = TimePoint::min();
  std::uint64_t beats_ = 0;
  PostureWants asked_for_;  ///< by the last challenge
};

/// The body of an answer: {"v":1, "posture":{"os","os_version","kernel","facts":{NAME:true|false},"processes":{...},
/// "files":{...}}, "proof":{"method","code"}}, posture and proof optional. Of processes and files, what `wants` does
/// not name is left out.
[[nodiscard]] std::optional<Attested> parse_attest_body(std::string_view body, const PostureWants& wants);

}  // namespace sallyport
