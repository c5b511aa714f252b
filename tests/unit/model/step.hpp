#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::model {

/// What may happen next.
enum class Kind : std::uint8_t {
  Connect,
  ConnectPlain,
  ConnectSilent,
  ConnectByAnyCertificate,
  ConnectByForeignCertificate,
  BeginHandshake,
  AdmitHandshake,
  DribbleRequest,
  ListenToChallenges,
  IgnoreChallenges,
  ReportPosture,
  PullKey,
  PlugKey,
  AnswerLate,
  ForgeAnswer,
  AnswerNonsense,
  ReplayAnswer,
  ReplayAnswerElsewhere,
  ProveRightly,
  ProveWrongly,
  ProveAgain,
  TakeSecret,
  ReplacePolicy,
  DenyEverything,
  LoadList,
  LoadSameList,
  LoadOlderList,
  LoadForgedList,
  LoadShortList,
  LoadListBeyondRecords,
  RevokeDevice,
  DisableDevice,
  EnableDevice,
  DisableUnnoticed,
  DisablePerson,
  EnablePerson,
  EnrolAnew,
  Renew,
  RenewAndChangeOver,
  Roam,
  Partition,
  Heal,
  CloseClient,
  KillClient,
  EndByAdmin,
  RestartGateway,
  SetClockForward,
  SetClockBack,
  AcceptClock,
  PassSeconds,
  PassMinutes,
  SleepLong,
  SendPacket,
  AnswerFromOffice,
  OpenFromOffice,
  ErrorFromOffice,
  SendFragments,
  UnknownCapsule,
  MalformedCapsule,
};
inline constexpr std::size_t kKinds = static_cast<std::size_t>(Kind::MalformedCapsule) + 1;
[[nodiscard]] std::string_view words_of(Kind kind) noexcept;

/// One transition. Its numbers are read by the present state, so that a sequence means something without any of its
/// steps.
struct Step {
  Kind kind = Kind::PassSeconds;
  std::array<std::uint32_t, 3> numbers{};
};

[[nodiscard]] std::vector<Step> random_steps(std::mt19937_64& random, std::size_t count);

}  // namespace sallyport::model
