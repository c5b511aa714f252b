#pragma once

#include "common/base/time.hpp"
#include "server/policy/evidence.hpp"
#include "server/policy/resolved_policy.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace sallyport {

/// What a condition of a rule asks, each question once. The order keeps apart in formulas what has nothing to do with
/// each other.
enum class AtomKind : std::uint8_t {
  Device,         ///< the device has this name
  Source,         ///< the laptop's address is in this network
  Posture,        ///< the check is known to hold
  PostureAtBest,  ///< the check is not known to fail: what a deny rule takes for met
  Hours,          ///< it is within these hours
  KeyAge,         ///< the device key was proved less than that ago
  ProofAge,
  RevocationAge,
  Before,  ///< it is not yet this date
};

/// One question that evidence and time answer with yes or no.
struct Atom {
  AtomKind kind{};
  std::string key;   ///< the meaning: atoms of one kind with equal keys are the same question, however they are named
  std::string name;  ///< as in the policy
  const ResolvedPolicy* policy = nullptr;  ///< in which it was found first
  std::uint32_t index = 0;                 ///< of the network, posture or hours there
  std::chrono::seconds age{};
  WallTime date{};
};

[[nodiscard]] Atom device_atom(const std::string& name);
[[nodiscard]] Atom network_atom(const ResolvedPolicy& policy, std::uint32_t network);
/// `kind` is Posture or PostureAtBest.
[[nodiscard]] Atom posture_atom(const ResolvedPolicy& policy, std::uint32_t posture, AtomKind kind);
[[nodiscard]] Atom hours_atom(const ResolvedPolicy& policy, std::uint32_t hours);
/// `kind` is KeyAge, ProofAge or RevocationAge.
[[nodiscard]] Atom age_atom(AtomKind kind, std::chrono::seconds limit);
[[nodiscard]] Atom date_atom(WallTime date);

/// The answer for a session, of which the person, the device and the source are known.
[[nodiscard]] bool is_so(const Atom& atom, const Evidence& evidence, WallTime now);

/// "posture healthy holds", "not from guest_wifi", "device key proved less than 5m ago". `name` is how the atom's
/// item is to be called.
[[nodiscard]] std::string words_of(const Atom& atom, bool value, const std::string& name);
/// The word of the policy language for the condition: "posture", "devices", "from", "during" ...
[[nodiscard]] std::string key_of(const Atom& atom, bool value);

}  // namespace sallyport
