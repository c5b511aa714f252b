#include "client/daemon/attest_turn.hpp"

#include "client/daemon/attester.hpp"

#include <utility>

namespace sallyport {

AttestTurn::AttestTurn(Loop& loop, std::shared_ptr<const PostureSource> source, BlockingThread& key_thread, Code code,
                       WhenSigned when_signed)
    : key_thread_{key_thread},
      code_{std::move(code)},
      when_signed_{std::move(when_signed)},
      posture_{loop, std::move(source)} {}

void AttestTurn::begin(Question question, Duration delay) {
  question_ = std::move(question);
  posture_.start(
      question_.wants, [this](const Posture& posture) { sign(posture_body(posture)); }, delay);
}

void AttestTurn::cancel() noexcept {
  posture_.cancel();
  signing_.reset();
}

void AttestTurn::sign(std::string report) {
  struct Work {
    Question question;
    std::string body;
    Result<AttestAnswer, PkiError> answer = fail(token_is_silent());
  };
  const auto code = code_ ? code_() : std::nullopt;
  auto body = code ? with_proof(report, *code) : report;
  auto work = std::make_shared<Work>(Work{question_, std::move(body)});
  signing_ = key_thread_.start(
      [work] {
        const auto& [credentials, channel, challenge, wants] = work->question;
        work->answer = attest(credentials->key(), channel, challenge, std::move(work->body));
      },
      kPatience,
      [this, work, report = std::move(report), has_code = code.has_value()](bool is_done) {
        // A thread that came too late may still be writing.
        when_signed_({work->question.challenge.nonce, report, has_code,
                      is_done ? std::move(work->answer) : Result<AttestAnswer, PkiError>{fail(token_is_silent())}});
      });
}

}  // namespace sallyport
