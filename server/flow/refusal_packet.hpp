#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/refusal.hpp"
#include "server/flow/judgement.hpp"

#include <cstddef>

namespace sallyport {

/// The answer to a packet that was judged Action::Refuse: TCP RST, or ICMP "administratively prohibited".
/// To a super-packet it is the answer to its first segment. Returns its size; 0 for any other judgement.
/// kMaxRefusalSize of room always suffices.
[[nodiscard]] std::size_t write_refusal(const SuperPacket& packet, const Judgement& judgement,
                                        MutableBytes out) noexcept;

}  // namespace sallyport
