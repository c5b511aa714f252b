#include "tests/system/oracle/kernel_router.hpp"

#include "common/ip/header_fields.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/system/support/lab.hpp"

#include <poll.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace sallyport::lab {
namespace {

constexpr std::size_t kV6Header = 40;

/// What the kernel says by itself on an interface that is up: neighbour and listener discovery.
bool is_kernel_chatter(Bytes packet) {
  if (packet.size() <= kV6Header || std::to_integer<unsigned>(packet[0]) >> 4U != 6) return false;
  const auto source = source_field(packet);
  return source && (source->is_link_local() || source->is_unspecified());
}

/// The same packet one hop on: only the lifetime, and with it the IPv4 header checksum, may differ.
bool is_same_packet(Bytes sent, Bytes seen) {
  if (sent.size() != seen.size()) return false;
  const bool v4 = std::to_integer<unsigned>(sent[0]) >> 4U == 4;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const bool may_differ = v4 ? i == 8 || i == 10 || i == 11 : i == 7;
    if (!may_differ && sent[i] != seen[i]) return false;
  }
  return true;
}

/// Reassembled and cut again: other pieces, the same ends.
bool is_piece_of(Bytes sent, Bytes seen) {
  return source_field(sent) == source_field(seen) && destination_field(sent) == destination_field(seen);
}

}  // namespace

KernelRouter::KernelRouter() : laptop_{TunDevice::open("laptop").value()}, office_{TunDevice::open("office").value()} {
  set_up();
}

void KernelRouter::must(const std::string& words) {
  std::istringstream stream{words};
  Words argv;
  for (std::string word; stream >> word;) argv.push_back(word);
  const auto ran = run(argv);
  if (!ran.ok()) problem_ += words + ": " + ran.text();
}

void KernelRouter::must_write(const std::string& file, const std::string& value) {
  std::ofstream stream{file};
  stream << value << std::flush;
  if (!stream) problem_ += "cannot write " + value + " to " + file + '\n';
}

void KernelRouter::set_up() {
  must_write("/proc/sys/net/ipv4/ip_forward", "1");
  must_write("/proc/sys/net/ipv6/conf/all/forwarding", "1");
  must_write("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
  for (const std::string name : {"laptop", "office"}) {
    must_write("/proc/sys/net/ipv4/conf/" + name + "/rp_filter", "0");
    must("ip link set " + name + " up");
  }
  must("ip route add 10.99.0.2/32 dev laptop");
  must("ip -6 route add fd12::2/128 dev laptop");
  must("ip route add default dev office");
  must("ip -6 route add default dev office");
}

std::string KernelRouter::load(const std::string& ruleset) {
  const TemporaryDirectory folder;
  const std::string file = folder.path() + "/rules.nft";
  std::ofstream{file} << ruleset;
  const auto ran = run({"nft", "-f", file});
  if (!ran.ok()) return ran.text();
  // Sequence numbers are the business of the two ends. The setting is there once something asks for connections.
  must_write("/proc/sys/net/netfilter/nf_conntrack_tcp_be_liberal", "1");
  return problem_;
}

bool KernelRouter::forwards(const std::vector<ByteBuffer>& pieces, Sender from, std::chrono::milliseconds patience) {
  TunDevice& near = from == Sender::Client ? laptop_ : office_;
  TunDevice& far = from == Sender::Client ? office_ : laptop_;
  for (const auto& piece : pieces) {
    if (!near.write(piece)) problem_ += "a packet was not taken by the interface\n";
  }
  bool arrived = came_out(far, pieces);
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!arrived && std::chrono::steady_clock::now() < end) {
    pollfd watched{far.fd(), POLLIN, 0};
    (void)::poll(&watched, 1, 1);
    arrived = came_out(far, pieces);
  }
  // What the kernel tells the sender is not part of the verdict; the queue must not fill up with it.
  while (!near.read(scratch_).value_or(SuperPacket{}).bytes.empty()) {
  }
  return arrived;
}

bool KernelRouter::came_out(TunDevice& device, const std::vector<ByteBuffer>& pieces) {
  bool arrived = false;
  while (true) {
    const Bytes seen = device.read(scratch_).value_or(SuperPacket{}).bytes;
    if (seen.empty()) break;
    if (is_kernel_chatter(seen)) continue;
    const bool ours = pieces.size() == 1 ? is_same_packet(pieces[0], seen) : is_piece_of(pieces[0], seen);
    if (ours)
      arrived = true;
    else
      ++strangers_;
  }
  return arrived;
}

}  // namespace sallyport::lab
