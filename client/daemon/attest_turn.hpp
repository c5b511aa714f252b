#pragma once

#include "client/daemon/posture_collection.hpp"
#include "common/tls/context.hpp"
#include "common/uv/blocking_thread.hpp"
#include "common/wire/attest.hpp"
#include "common/wire/proof.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sallyport {

/// The answers to the challenges of one session after the other: what this laptop says of itself, signed by the device
/// key on the key's thread, for its token may take its time. Of several challenges the newest is answered. Lives on one
/// loop's thread.
class AttestTurn {
 public:
  /// The gateway waits for 30 s; a token that says nothing by then is taken for one that is not there.
  static constexpr std::chrono::seconds kPatience{10};

  struct Question {
    std::shared_ptr<const Credentials> credentials;  ///< whose key signs
    ChannelValue channel;
    AttestChallenge challenge;
    PostureWants wants;  ///< what of the challenge's may be answered
  };
  struct Signed {
    AttestNonce nonce{};   ///< of the challenge
    std::string report{};  ///< without a code
    bool has_code = false;
    Result<AttestAnswer, PkiError> answer;
  };
  /// The code that is to go along, asked for once the report is there; empty: there never is one.
  using Code = std::function<std::optional<ProofAttempt>()>;
  /// Called later, never from begin(). It may begin the next turn.
  using WhenSigned = std::function<void(Signed)>;

  AttestTurn(Loop& loop, std::shared_ptr<const PostureSource> source, BlockingThread& key_thread, Code code,
             WhenSigned when_signed);

  /// One before whose report is not there yet is not answered any more. What is said of the laptop is collected after
  /// `delay`.
  void begin(Question question, Duration delay = {});
  /// Its session is over: nothing is called any more.
  void cancel() noexcept;

 private:
  void sign(std::string report);

  BlockingThread& key_thread_;
  Code code_;
  WhenSigned when_signed_;
  PostureCollection posture_;
  Question question_;
  std::optional<BlockingThread::Call> signing_;
};

}  // namespace sallyport
