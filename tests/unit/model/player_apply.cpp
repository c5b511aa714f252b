#include "tests/unit/model/player.hpp"

#include "common/wire/datagram.hpp"

namespace sallyport::model {

bool Player::apply(const Step& step) {
  const auto [first, second, third] = step.numbers;
  const int device = static_cast<int>(first % kDevices);
  const int newest = reference_.device(device).newest;
  const int source = static_cast<int>(second % kSources.size());
  switch (step.kind) {
    case Kind::Connect:
      return connect(device, newest, source, true, true, true);
    case Kind::ConnectPlain:
      return connect(device, newest, source, false, true, true);
    case Kind::ConnectSilent:
      return connect(device, newest, source, true, false, true);
    case Kind::ConnectByAnyCertificate: {
      const auto certificate = static_cast<int>(third % reference_.certificates());
      return connect(reference_.certificate(certificate).device, certificate, source, true, true, true);
    }
    case Kind::ConnectByForeignCertificate:
      return connect_foreign(device);
    case Kind::BeginHandshake:
      return connect(device, newest, source, third % 4 != 0, true, false);
    case Kind::AdmitHandshake:
      return admit(pick(0, [](const auto& each) { return each.state == State::Handshaken; }));
    case Kind::DribbleRequest:
      return dribble(first);
    case Kind::ListenToChallenges:
    case Kind::IgnoreChallenges:
      system_.listen(device, step.kind == Kind::ListenToChallenges);
      say("device {}", device);
      return true;
    case Kind::PullKey:
    case Kind::PlugKey:
      system_.plug(device, step.kind == Kind::PlugKey);
      say("device {}", device);
      return true;
    case Kind::ReportPosture:
      return report(step);
    case Kind::AnswerLate:
      return answer_held(step, false, false);
    case Kind::ForgeAnswer:
      return answer_held(step, true, false);
    case Kind::AnswerNonsense:
      return answer_held(step, false, true);
    case Kind::ReplayAnswer:
      return replay(step, false);
    case Kind::ReplayAnswerElsewhere:
      return replay(step, true);
    case Kind::ProveRightly:
      return prove(first, Code::Right);
    case Kind::ProveWrongly:
      return prove(first, Code::Wrong);
    case Kind::ProveAgain:
      return prove(first, Code::Old);
    case Kind::TakeSecret:
      return take_secret(static_cast<int>(first % kUsers));
    case Kind::ReplacePolicy:
      return use_policy(first % policies_.size());
    case Kind::DenyEverything:
      return use_policy(0);
    case Kind::LoadList:
      return load_list(first % 3 == 0 ? seconds{std::chrono::days{1}} : seconds{kLongDue});
    case Kind::LoadShortList:
      return load_list(seconds{60 + first % 3'000});
    case Kind::LoadListBeyondRecords:
      // An authority may know more than the gateway's records do.
      return load_list(kLongDue, {reference_.certificate(newest).serial});
    case Kind::LoadSameList:
      return load_known_list(list_, false);
    case Kind::LoadOlderList:
      return list_.number > 1 && load_known_list({list_.number - 1, list_.issued, list_.due, {}}, false);
    case Kind::LoadForgedList:
      return load_known_list({list_.number + 1, list_.issued, list_.due, {}}, true);
    case Kind::RevokeDevice:
      return set_state(device, DeviceState::Revoked, true);
    case Kind::DisableDevice:
      return set_state(device, DeviceState::Disabled, true);
    case Kind::EnableDevice:
      return set_state(device, DeviceState::Active, true);
    case Kind::DisableUnnoticed:
      return set_state(device, DeviceState::Disabled, false);
    case Kind::DisablePerson:
      return set_person(static_cast<int>(first % kUsers), false);
    case Kind::EnablePerson:
      return set_person(static_cast<int>(first % kUsers), true);
    case Kind::EnrolAnew: {
      const auto user = second % 2 == 0 ? static_cast<int>(third % kUsers) : reference_.device(device).user;
      if (!enrol(device, user, seconds{120 + third % 300'000})) return false;
      // At once: the session before has ended, and nobody has put it away.
      if (first / kDevices % 2 == 0) (void)connect(device, reference_.device(device).newest, source, true, true, true);
      return true;
    }
    case Kind::Renew:
      return renew(step, false);
    case Kind::RenewAndChangeOver:
      return renew(step, true);
    case Kind::Roam:
      return roam(step);
    case Kind::Partition:
      return cut(device, true);
    case Kind::Heal:
      return cut(device, false);
    case Kind::CloseClient:
      return close(first);
    case Kind::KillClient:
      return kill(first);
    case Kind::EndByAdmin:
      return end_by_admin(first);
    case Kind::RestartGateway:
      return restart();
    case Kind::SetClockForward:
    case Kind::SetClockBack: {
      constexpr std::array<std::int64_t, 8> kJumps{10, 61, 600, 3'600, 3'600, 3'600, 86'400, 315'576'000};
      const auto jump = kJumps[first % kJumps.size()];
      return set_clock(step.kind == Kind::SetClockForward ? jump : -jump);
    }
    case Kind::AcceptClock:
      say("behind by {} s", (reference_.trusted() - clocks_.wall).count());
      system_.accept_clock();
      reference_.accept_clock();
      return true;
    case Kind::PassSeconds:
      say("{} s", 1 + first % 25);
      pass(1 + first % 25);
      return true;
    case Kind::PassMinutes:
      say("{} s", 60 + first % 240);
      pass(60 + first % 240);
      return true;
    case Kind::SleepLong:
      return sleep(first);
    case Kind::SendPacket:
      return send_packet(step);
    case Kind::AnswerFromOffice:
    case Kind::OpenFromOffice:
    case Kind::ErrorFromOffice:
      return office_packet(step, step.kind);
    case Kind::SendFragments:
      return send_fragments(step);
    case Kind::UnknownCapsule:
      return send_capsule(first, false);
    case Kind::MalformedCapsule:
      return send_capsule(first, true);
  }
  return false;
}

}  // namespace sallyport::model
