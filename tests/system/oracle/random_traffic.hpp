#pragma once

#include "common/base/bytes.hpp"
#include "server/flow/flow_key.hpp"
#include "tests/unit/server/policy/random_policy.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace sallyport::lab {

/// What a datagram is, as far as verdicts depend on it.
enum class Traffic : std::uint8_t {
  Opening,           ///< the client begins a flow
  Extensions,        ///< the same, behind IPv6 extension headers or IPv4 options
  Fragments,         ///< the same, in pieces
  Reply,             ///< the office answers what the client began, passed or not
  Unasked,           ///< the office begins
  Error,             ///< an ICMP error about a packet of a flow, from either side
  Foreign,           ///< from or to an address that is not the client's
  AnswersBeforeSyn,  ///< of the client: a connection that begins with SYN and ACK
  // Where the two differ on purpose; docs/policy-oracles.md has the reasons.
  ErrorAboutNothing,   ///< an ICMP error of the client about a packet that nobody sent, or of a flow refused
  OtherIcmp,           ///< of the client: ICMP that is neither echo nor error
  EchoReplyUnasked,    ///< of the client
  Redirect,            ///< of the office: redirect or source quench about a flow
  FragmentsBackwards,  ///< later pieces first
};
inline constexpr std::size_t kTraffics = 13;
[[nodiscard]] std::string_view name_of(Traffic traffic);

struct Datagram {
  Traffic traffic = Traffic::Opening;
  Sender from = Sender::Client;
  std::vector<ByteBuffer> pieces;
  std::uint16_t port = 0;  ///< of the client in the flow that this opens or is about; each flow has its own; 0: none
};

/// What one laptop and its office say to each other, in the small universe of RandomPolicy.
class RandomTraffic {
 public:
  explicit RandomTraffic(RandomPolicy& random) : random_{random} {}

  /// Flows of before are no longer answered.
  void forget() {
    opened_.clear();
    ++epoch_;
  }
  [[nodiscard]] Datagram next();

 private:
  struct Opened {
    Destination to;
    std::uint16_t port = 0;  ///< of the client, or identifier of an echo
    ByteBuffer packet;       ///< a packet of the client
    bool is_answered = false;
  };

  [[nodiscard]] Destination destination();
  [[nodiscard]] Opened open();
  [[nodiscard]] Datagram opening();
  [[nodiscard]] Datagram with_extensions();
  [[nodiscard]] Datagram in_pieces(bool backwards);
  [[nodiscard]] Datagram reply();
  [[nodiscard]] Datagram unasked();
  [[nodiscard]] Datagram error();
  [[nodiscard]] Datagram redirect();
  [[nodiscard]] Datagram foreign();
  [[nodiscard]] Datagram odd_icmp();
  [[nodiscard]] Datagram answer_before_syn();
  [[nodiscard]] ByteBuffer answer_to(Opened& flow);

  RandomPolicy& random_;
  std::vector<Opened> opened_;
  std::uint16_t next_port_ = 1024;
  unsigned epoch_ = 0;
};

}  // namespace sallyport::lab
