#pragma once

#include "common/ip/address.hpp"
#include "common/wire/attest.hpp"
#include "common/wire/authorities.hpp"
#include "common/wire/notice.hpp"
#include "common/wire/posture_standing.hpp"
#include "common/wire/problem.hpp"
#include "common/wire/proof.hpp"
#include "common/wire/route_advertisement.hpp"
#include "common/wire/why.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport {

/// Why the client's half of a session ended.
enum class CloseReason : std::uint8_t {
  ClosedByUser,
  ClosedByGateway,
  Refused,
  TimedOut,
  BadAuthority,
  BadAnswer,
  BadCapsule,
  NoAddress,
  UnusableAddress,
  AddressesWithdrawn,
};

[[nodiscard]] constexpr std::string_view describe(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::ClosedByUser:
      return "disconnected as asked";
    case CloseReason::ClosedByGateway:
      return "the gateway closed the connection";
    case CloseReason::Refused:
      return "the gateway refused the tunnel";
    case CloseReason::TimedOut:
      return "the gateway gave no tunnel in time";
    case CloseReason::BadAuthority:
      return "the profile's gateway name is not a host name; correct it";
    case CloseReason::BadAnswer:
      return "the gateway's answer is not one of CONNECT-IP; check the address and port";
    case CloseReason::BadCapsule:
      return "the gateway broke the protocol; tell your administrator";
    case CloseReason::NoAddress:
      return "the gateway has no inside address for this device; tell your administrator";
    case CloseReason::UnusableAddress:
      return "the gateway assigned an address no device may have; tell your administrator";
    case CloseReason::AddressesWithdrawn:
      return "the gateway took the inside address back";
  }
  return "unknown";
}

/// The gateway assigned inside addresses: the tunnel carries packets. Comes again when the addresses change.
struct Online {
  std::vector<IpPrefix> addresses;  ///< host prefixes, sorted; never empty
  friend bool operator==(const Online&, const Online&) = default;
};

/// What the gateway routes now, in full. To be passed through guard_routes() before anything is installed.
struct RoutesChanged {
  std::vector<AdvertisedRoute> routes;
  friend bool operator==(const RoutesChanged&, const RoutesChanged&) = default;
};

/// The gateway answered, and said no. Closed follows.
struct Refused {
  unsigned status = 0;
  std::optional<Problem> problem;
  friend bool operator==(const Refused&, const Refused&) = default;
};

/// The last event of every session.
struct Closed {
  CloseReason reason{};
  std::string words;  ///< what happened, with the detail, for the employee
  friend bool operator==(const Closed&, const Closed&) = default;
};

/// The gateway wants proof that the device key is still here: answer with ClientSession::attest().
/// An AuthorityAnnouncement that asks for an answer gets one: ClientSession::report_authorities().
/// A PostureStanding is how the gateway judges what was reported, in full; it replaces the one before.
using ClientEvent =
    std::variant<Online, RoutesChanged, Refused, DeniedNotice, EndingNotice, MoveNotice, WhyAnswer, AttestChallenge,
                 PostureStanding, ProofWaiting, ProofVerdict, AuthorityAnnouncement, Closed>;

}  // namespace sallyport
