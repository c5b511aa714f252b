#include "server/gateway/presence_desk.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

namespace sallyport {
namespace {

constexpr std::string_view kSecret = "12345678901234567890";

class Presence : public ControlRoom {
 protected:
  Presence() {
    enroll();
    const Bytes secret = as_bytes(kSecret);
    EXPECT_TRUE(
        store_.enroll_totp({UserId{"ana@example.com"}, {secret.begin(), secret.end()}, {}}, Replace::No, now_.wall));
  }
  [[nodiscard]] std::string code() const {
    return hotp(as_bytes(kSecret), static_cast<std::uint64_t>(totp_step(now_.wall))).value();
  }
  ProofResult offer(SessionId session, const std::string& typed) {
    desk_.take(report::ProofOffered{session, {{"totp", typed}, now_.wall}});
    return workers_.last<command::SettleProof>()->outcome.result;
  }

  LossBook losses_;
  PresenceDesk desk_{books_, orders_, tally_, losses_};
};

TEST_F(Presence, IsRecordedBeforeItCountsAndHoldsOnTheOtherSessionOfTheDevice) {
  const auto first = connect().grant.id;
  const auto second = connect().grant.id;
  EXPECT_EQ(offer(first, code()), ProofResult::Accepted);
  EXPECT_EQ(records_of("proof.accepted").size(), 1U);
  ASSERT_NE(workers_.last<command::NoteProof>(), nullptr);
  EXPECT_EQ(workers_.last<command::NoteProof>()->sessions, std::vector{second});
}

TEST_F(Presence, ThatWasNotProvedIsRecordedCountedAndHoldsNowhere) {
  const auto session = connect().grant.id;
  EXPECT_EQ(offer(session, "000000"), ProofResult::WrongCode);
  EXPECT_EQ(records_of("proof.refused").size(), 1U);
  EXPECT_EQ(tally_.proofs[static_cast<std::size_t>(ProofResult::WrongCode)], 1U);
  EXPECT_EQ(workers_.last<command::NoteProof>(), nullptr);
}

TEST_F(Presence, IsForgottenOnAllSessionsOfThePersonWhateverBecomesOfTheRecord) {
  (void)connect();
  (void)connect("ana-phone");
  (void)connect("bo-laptop", "bo@example.com");
  std::optional<std::size_t> told;
  desk_.forget_proofs(UserId{"ana@example.com"}, "proof.reset", "root", false,
                      [&](std::size_t sessions, bool) { told = sessions; });
  EXPECT_EQ(workers_.last<command::NoteProof>()->proved, std::nullopt);
  carry_out<command::NoteProof>();
  EXPECT_EQ(told, 2U);
  EXPECT_EQ(records_of("proof.reset").size(), 1U);
}

}  // namespace
}  // namespace sallyport
