#include "server/flow/refusal_packet.hpp"

#include "common/ip/packet.hpp"

namespace sallyport {

std::size_t write_refusal(Bytes packet, const Judgement& judgement, MutableBytes out) noexcept {
  if (judgement.action != Action::Refuse) return 0;
  const auto view = PacketView::parse(packet);
  return view ? write_refusal(*view, Refusal::Prohibited, out) : 0;
}

}  // namespace sallyport
