#include "tests/system/oracle/random_traffic.hpp"

#include "tests/support/packets.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::lab {
namespace {

using namespace test;

constexpr std::uint8_t kGre = 47;
constexpr std::uint8_t kFirstUnassigned = 145;

IpAddress client(bool v4) { return address(v4 ? "10.99.0.2" : "fd12::2"); }
IpAddress router(bool v4) { return address(v4 ? "10.0.0.200" : "fd00::200"); }

Transport transport_to(const Destination& to, std::uint16_t port, std::size_t data) {
  if (to.protocol == kProtocolTcp) return tcp(port, to.port, kSyn, data, 1000, 0);
  if (to.protocol == kProtocolUdp) return udp(port, to.port, data);
  if (to.protocol == kProtocolIcmp || to.protocol == kProtocolIcmpV6) return echo(to.protocol, false, port, data);
  return raw(to.protocol, zeros(16 + data));
}

/// Hop-by-hop and destination options that hold padding only.
std::vector<Extension> padding(bool hop_by_hop, bool options) {
  std::vector<Extension> headers;
  const ByteBuffer pad = octets({0, 1, 4, 0, 0, 0, 0});
  if (hop_by_hop) headers.push_back({0, pad});
  if (options) headers.push_back({60, pad});
  return headers;
}

}  // namespace

std::string_view name_of(Traffic traffic) {
  switch (traffic) {
    case Traffic::Opening:
      return "opening";
    case Traffic::Extensions:
      return "extension headers and options";
    case Traffic::Fragments:
      return "fragments";
    case Traffic::Reply:
      return "reply";
    case Traffic::Unasked:
      return "unasked";
    case Traffic::Error:
      return "ICMP error";
    case Traffic::Foreign:
      return "foreign address";
    case Traffic::ErrorAboutNothing:
      return "error-about-nothing";
    case Traffic::OtherIcmp:
      return "other-icmp";
    case Traffic::EchoReplyUnasked:
      return "echo-reply-unasked";
    case Traffic::Redirect:
      return "redirect";
    case Traffic::FragmentsBackwards:
      return "fragments-backwards";
    case Traffic::AnswersBeforeSyn:
      return "answers-before-syn";
  }
  return "?";
}

Datagram RandomTraffic::next() {
  switch (random_.below(32)) {
    case 0:
    case 1:
    case 2:
      return with_extensions();
    case 3:
    case 4:
    case 5:
      return in_pieces(false);
    case 6:
      return in_pieces(true);
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
      return reply();
    case 14:
    case 15:
      return unasked();
    case 16:
    case 17:
    case 18:
      return error();
    case 19:
      return redirect();
    case 20:
      return foreign();
    case 21:
      return odd_icmp();
    case 22:
      return answer_before_syn();
    default:
      return opening();
  }
}

/// ICMP of the other family is no echo of any host. What has no ports cannot tell its flow from one that the kernel
/// still knows from an earlier policy, so that each epoch has a protocol of its own.
Destination RandomTraffic::destination() {
  while (true) {
    auto to = random_.destination();
    if (to.protocol == kGre) to.protocol = static_cast<std::uint8_t>(kFirstUnassigned + epoch_ % 100);
    const bool v4 = to.address.is_v4();
    if (to.address.is_martian() || to.address.is_multicast()) continue;
    if (to.protocol == (v4 ? kProtocolIcmpV6 : kProtocolIcmp)) continue;
    return to;
  }
}

RandomTraffic::Opened RandomTraffic::open() {
  if (++next_port_ == 0) next_port_ = 1024;
  Opened flow{destination(), next_port_, {}, false};
  flow.packet =
      packet(client(flow.to.address.is_v4()), flow.to.address, transport_to(flow.to, flow.port, random_.below(40)));
  return flow;
}

Datagram RandomTraffic::opening() {
  // Half of the packets go on with a flow, as real ones do.
  if (!opened_.empty() && random_.chance(40)) {
    auto& flow = opened_[random_.below(opened_.size())];
    if (flow.to.protocol != kProtocolTcp || !flow.is_answered)
      return {Traffic::Opening, Sender::Client, {flow.packet}, flow.port};
    const auto flags = static_cast<std::uint8_t>(random_.chance(90) ? kAck : kAck | kFin);
    return {
        Traffic::Opening,
        Sender::Client,
        {packet(client(flow.to.address.is_v4()), flow.to.address, tcp(flow.port, flow.to.port, flags, 4, 1001, 5001))}};
  }
  opened_.push_back(open());
  return {Traffic::Opening, Sender::Client, {opened_.back().packet}, opened_.back().port};
}

Datagram RandomTraffic::with_extensions() {
  auto flow = open();
  const bool v4 = flow.to.address.is_v4();
  const auto transport = transport_to(flow.to, flow.port, 4);
  if (v4)
    flow.packet = packet(client(true), flow.to.address, transport, {}, octets({1, 1, 1, 0}));
  else
    flow.packet = packet(client(false), flow.to.address, transport, padding(random_.chance(60), true));
  opened_.push_back(flow);
  return {Traffic::Extensions, Sender::Client, {flow.packet}, flow.port};
}

Datagram RandomTraffic::in_pieces(bool backwards) {
  auto flow = open();
  while (flow.to.protocol != kProtocolTcp && flow.to.protocol != kProtocolUdp) flow = open();
  const auto whole = packet(client(flow.to.address.is_v4()), flow.to.address, transport_to(flow.to, flow.port, 200));
  const std::size_t size = whole.size() - (flow.to.address.is_v4() ? 20 : 40);
  const std::uint32_t id = flow.port;
  Datagram datagram{backwards ? Traffic::FragmentsBackwards : Traffic::Fragments, Sender::Client, {}};
  for (std::size_t at = 0; at < size; at += 80) {
    datagram.pieces.push_back(fragment(whole, id, at, std::min<std::size_t>(80, size - at), at + 80 < size));
  }
  if (backwards) std::reverse(datagram.pieces.begin(), datagram.pieces.end());
  return datagram;
}

ByteBuffer RandomTraffic::answer_to(Opened& flow) {
  const auto back = client(flow.to.address.is_v4());
  if (flow.to.protocol == kProtocolTcp) {
    const auto syn = static_cast<std::uint8_t>(flow.is_answered ? kAck : kSyn | kAck);
    const std::uint32_t seq = flow.is_answered ? 5001 : 5000;
    flow.is_answered = true;
    return packet(flow.to.address, back, tcp(flow.to.port, flow.port, syn, 0, seq, 1001));
  }
  if (flow.to.protocol == kProtocolUdp) return packet(flow.to.address, back, udp(flow.to.port, flow.port));
  if (flow.to.protocol == kProtocolIcmp || flow.to.protocol == kProtocolIcmpV6)
    return packet(flow.to.address, back, echo(flow.to.protocol, true, flow.port));
  return packet(flow.to.address, back, raw(flow.to.protocol, zeros(16)));
}

Datagram RandomTraffic::reply() {
  if (opened_.empty()) return opening();
  return {Traffic::Reply, Sender::Office, {answer_to(opened_[random_.below(opened_.size())])}};
}

/// To a port on which the client never said anything.
Datagram RandomTraffic::unasked() {
  const auto from = destination();
  const auto to = client(from.address.is_v4());
  auto transport = transport_to(from, static_cast<std::uint16_t>(500 + random_.below(400)), 4);
  if (from.protocol == kProtocolTcp && random_.chance(50)) transport = tcp(from.port, 600, kSyn | kAck);
  if (from.protocol >= kFirstUnassigned) transport = udp(from.port, 700);
  return {Traffic::Unasked, Sender::Office, {packet(from.address, to, transport)}};
}

Datagram RandomTraffic::error() {
  if (opened_.empty()) return opening();
  auto& flow = opened_[random_.below(opened_.size())];
  const bool v4 = flow.to.address.is_v4();
  const std::uint8_t protocol = v4 ? kProtocolIcmp : kProtocolIcmpV6;
  constexpr unsigned kTypes4[] = {3, 11, 12};
  constexpr unsigned kTypes6[] = {1, 2, 3, 4};
  const unsigned type = v4 ? kTypes4[random_.below(3)] : kTypes6[random_.below(4)];
  if (random_.chance(60)) {
    const auto from = random_.chance(50) ? flow.to.address : router(v4);
    return {Traffic::Error, Sender::Office, {packet(from, client(v4), icmp_error(protocol, type, 0, flow.packet))}};
  }
  const bool is_ported = flow.to.protocol == kProtocolTcp || flow.to.protocol == kProtocolUdp;
  if (!is_ported) return opening();
  const auto said = flow.to.protocol == kProtocolTcp
                        ? packet(flow.to.address, client(v4), tcp(flow.to.port, flow.port, kAck, 0, 5001, 1001))
                        : answer_to(flow);
  return {Traffic::Error,
          Sender::Client,
          {packet(client(v4), flow.to.address, icmp_error(protocol, type, 0, said))},
          flow.port};
}

Datagram RandomTraffic::redirect() {
  for (auto& flow : opened_) {
    if (!flow.to.address.is_v4() || random_.chance(70)) continue;
    const unsigned type = random_.chance(50) ? 4 : 5;
    return {Traffic::Redirect,
            Sender::Office,
            {packet(flow.to.address, client(true), icmp_error(kProtocolIcmp, type, 0, flow.packet))}};
  }
  return opening();
}

Datagram RandomTraffic::foreign() {
  const auto flow = open();
  const bool v4 = flow.to.address.is_v4();
  const auto other = address(v4 ? "10.99.0.3" : "fd12::3");
  const auto transport = transport_to(flow.to, flow.port, 4);
  if (random_.chance(50)) return {Traffic::Foreign, Sender::Client, {packet(other, flow.to.address, transport)}};
  return {Traffic::Foreign, Sender::Office, {packet(flow.to.address, other, transport)}};
}

Datagram RandomTraffic::odd_icmp() {
  const auto to = destination().address;
  const bool v4 = to.is_v4();
  const std::uint8_t protocol = v4 ? kProtocolIcmp : kProtocolIcmpV6;
  if (++next_port_ == 0) next_port_ = 1024;
  switch (random_.below(3)) {
    case 0:
      return {Traffic::OtherIcmp,
              Sender::Client,
              {packet(client(v4), to, v4 ? icmp(1, 13, 0, zeros(16)) : icmp(58, 200, 0, zeros(16)))}};
    case 1:
      return {Traffic::EchoReplyUnasked, Sender::Client, {packet(client(v4), to, echo(protocol, true, next_port_))}};
    default:
      break;
  }
  const auto never_said = packet(to, client(v4), udp(7, 300));
  return {Traffic::ErrorAboutNothing,
          Sender::Client,
          {packet(client(v4), to, icmp_error(protocol, v4 ? 3 : 1, 3, never_said))}};
}

Datagram RandomTraffic::answer_before_syn() {
  auto to = destination();
  to.protocol = kProtocolTcp;
  if (to.port == 0) to.port = 443;
  if (++next_port_ == 0) next_port_ = 1024;
  const auto back = client(to.address.is_v4());
  return {Traffic::AnswersBeforeSyn, Sender::Client, {packet(back, to.address, tcp(next_port_, to.port, kSyn | kAck))}};
}

}  // namespace sallyport::lab
