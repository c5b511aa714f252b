#include "tun/device.hpp"

#include "common/ip/segments.hpp"
#include "tun/network_config.hpp"
#include "tun/sole_use.hpp"
#include "tun/virtio_header.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

constexpr const char* kTunPath = "/dev/net/tun";

/// Of TUNSETOFFLOAD; USO came with Linux 6.2, and both of it come together.
constexpr unsigned kChecksum = 0x01;
constexpr unsigned kTcpSegments = 0x02 | 0x04;
constexpr unsigned kUdpSegments = 0x20 | 0x40;

VirtioHeader load_header(Bytes octets) noexcept {
  VirtioHeader header;
  std::memcpy(&header, octets.data(), sizeof header);
  return header;
}

SystemError open_error(int code) {
  auto error = system_error(std::string{"cannot open "} + kTunPath, code);
  if (code == ENOENT || code == ENODEV || code == ENXIO) {
    error.message += "; load the module (modprobe tun), or give the container --device /dev/net/tun";
  } else if (code == EACCES || code == EPERM) {
    error.message += "; run as root, or allow the service DeviceAllow=/dev/net/tun rw and CAP_NET_ADMIN";
  }
  return error;
}

SystemError attach_error(const std::string& name, int code) {
  auto error = system_error("cannot make the interface " + name, code);
  if (code == EPERM) error.message += "; needs CAP_NET_ADMIN: run as root";
  if (code == EBUSY) error.message += "; another process uses it: stop that process, or choose another name";
  if (code == EINVAL)
    error.message += "; an interface of this name but of another kind is there: remove it, or choose another name";
  return error;
}

/// Of what somebody joins between making an interface and giving it an owner.
constexpr int kAttempts = 8;

struct Attached {
  std::string name;
  bool is_new;
};

Result<Attached, SystemError> attach(int fd, const std::string& name, unsigned flags) {
  ifreq request{};
  std::memcpy(request.ifr_name, name.c_str(), name.size());
  request.ifr_flags = static_cast<short>(flags | IFF_TUN_EXCL);
  if (::ioctl(fd, TUNSETIFF, &request) == 0) return Attached{request.ifr_name, true};
  if (errno != EBUSY) return fail(attach_error(name, errno));
  request.ifr_flags = static_cast<short>(flags);
  if (::ioctl(fd, TUNSETIFF, &request) == 0) return Attached{request.ifr_name, false};
  return fail(attach_error(name, errno));
}

bool is_interface_name(const std::string& name) {
  const auto printable = [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != ':'; };
  return !name.empty() && name.size() < IFNAMSIZ && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), printable);
}

}  // namespace

Result<TunDevice, SystemError> TunDevice::open(const std::string& name, const TunOptions& options) {
  if (!is_interface_name(name)) {
    return fail(SystemError{
        EINVAL, "\"" + name + "\" cannot name an interface: 1 to 15 characters, without '/', ':' or blanks"});
  }
  const unsigned flags =
      IFF_TUN | IFF_NO_PI | (options.multi_queue ? IFF_MULTI_QUEUE : 0U) | (options.offload ? IFF_VNET_HDR : 0U);
  TunSharing sharing{};
  for (int i = 0; i < kAttempts; ++i) {
    FileDescriptor fd{::open(kTunPath, O_RDWR | O_NONBLOCK | O_CLOEXEC)};
    if (!fd) return fail(open_error(errno));
    auto network = NetworkConfig::open();
    if (!network) return fail(network.error());
    auto attached = attach(fd.get(), name, flags);
    if (!attached) return fail(attached.error());
    const auto shared = take_sole_use(*network, fd.get(), attached->name, attached->is_new, options.queues_before + 1);
    if (!shared) return fail(shared.error());
    if (!*shared) return TunDevice{std::move(fd), std::move(attached->name)}.set_up(options, attached->is_new);
    sharing = **shared;
    if (!attached->is_new) return fail(sharing_error(attached->name, sharing));
    if (auto done = network->delete_link(attached->name); !done) return fail(done.error());
  }
  return fail(sharing_error(name, sharing));
}

Result<TunDevice, SystemError> TunDevice::set_up(const TunOptions& options, bool is_new) && {
  if (options.offload) switch_offload_on();
  if (options.persist || is_new) {
    if (auto done = set_persistent(options.persist); !done) return fail(done.error());
  }
  return std::move(*this);
}

/// The most that this kernel gives. What it does not give it does itself before we read.
void TunDevice::switch_offload_on() {
  has_header_ = true;
  scratch_.resize(kTunScratch);
  takes_udp_ = ::ioctl(fd_.get(), TUNSETOFFLOAD, kChecksum | kTcpSegments | kUdpSegments) == 0;
  if (!takes_udp_) (void)::ioctl(fd_.get(), TUNSETOFFLOAD, kChecksum | kTcpSegments);
}

Result<SuperPacket, SystemError> TunDevice::read(MutableBytes scratch) noexcept {
  const std::size_t header_size = has_header_ ? sizeof(VirtioHeader) : 0;
  const MutableBytes room = scratch.subspan(kTunHeadroom - header_size);
  while (true) {
    const ssize_t n = ::read(fd_.get(), room.data(), room.size());
    if (n < 0 && errno == EAGAIN) return SuperPacket{};
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(system_error("cannot read from the interface " + name_));
    if (static_cast<std::size_t>(n) <= header_size) return SuperPacket{};
    const MutableBytes packet = scratch.subspan(kTunHeadroom, static_cast<std::size_t>(n) - header_size);
    if (!has_header_) return SuperPacket{packet};
    const VirtioHeader header = load_header(room);
    if (header.kind == virtio::kNone) {
      const bool is_done = (header.flags & virtio::kNeedsChecksum) == 0 || complete_checksum(packet, header);
      if (is_done) return SuperPacket{packet};
    } else if (const auto segmentation = segmentation_of(packet, header)) {
      return SuperPacket{packet, *segmentation};
    }
  }
}

bool TunDevice::write(const SuperPacket& super) noexcept {
  if (!has_header_ && super.is_plain()) return write_all(super.bytes);
  if (scratch_.size() < kTunHeadroom + super.bytes.size()) scratch_.resize(kTunHeadroom + super.bytes.size());
  const MutableBytes room = MutableBytes{scratch_}.first(kTunHeadroom + super.bytes.size());
  std::copy(super.bytes.begin(), super.bytes.end(), room.begin() + kTunHeadroom);
  return write_over(room, super.segmentation);
}

bool TunDevice::write_over(MutableBytes room, const Segmentation& segmentation) noexcept {
  if (segmentation.kind != SegmentKind::None) return write_super(room, segmentation.size);
  if (!has_header_) return write_all(room.subspan(kTunHeadroom));
  const MutableBytes frame = room.subspan(kTunHeadroom - sizeof(VirtioHeader));
  std::fill_n(frame.begin(), sizeof(VirtioHeader), std::byte{0});
  return write_all(frame);
}

/// The kernel is told what was found in the packet, nothing that anybody said about it. One contiguous write: kernels
/// have mishandled super-packets in pieces.
bool TunDevice::write_super(MutableBytes room, std::uint16_t segment_size) noexcept {
  const MutableBytes packet = room.subspan(kTunHeadroom);
  const auto view = PacketView::parse(packet);
  const auto segments = view ? Segments::of(*view, segment_size) : std::nullopt;
  if (!segments) return false;
  if (!has_header_ || (view->is_udp() && !takes_udp_) || segments->count() == 1) {
    return write_segments(*view, segment_size);
  }
  const VirtioHeader header = virtio_header_for(*view, segment_size);
  begin_checksum(packet, *view, header);
  const MutableBytes frame = room.subspan(kTunHeadroom - sizeof header);
  std::memcpy(frame.data(), &header, sizeof header);
  return write_all(frame);
}

bool TunDevice::write_segments(const PacketView& packet, std::uint16_t segment_size) noexcept {
  const auto segments = Segments::of(packet, segment_size);
  ByteBuffer one(kTunHeadroom + segments->length(0));
  bool all = true;
  for (std::size_t i = 0; i < segments->count(); ++i) {
    const MutableBytes room = MutableBytes{one}.first(kTunHeadroom + segments->length(i));
    segments->write(i, room.subspan(kTunHeadroom));
    all = write_over(room, {}) && all;
  }
  return all;
}

bool TunDevice::write_all(Bytes octets) noexcept {
  ssize_t n = -1;
  do {
    n = ::write(fd_.get(), octets.data(), octets.size());
  } while (n < 0 && errno == EINTR);
  return n == static_cast<ssize_t>(octets.size());
}

bool TunDevice::is_attached() const noexcept {
  ifreq request{};
  return ::ioctl(fd_.get(), TUNGETIFF, &request) == 0 && name_ == request.ifr_name;
}

Result<void, SystemError> TunDevice::set_persistent(bool persistent) {
  if (::ioctl(fd_.get(), TUNSETPERSIST, persistent ? 1UL : 0UL) == 0) return {};
  return fail(
      system_error("cannot make the interface " + name_ + (persistent ? " outlive" : " end with") + " its process"));
}

}  // namespace sallyport
