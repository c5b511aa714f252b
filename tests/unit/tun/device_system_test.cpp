#include "tests/support/temporary_directory.hpp"
#include "tun/device.hpp"
#include "tun/network_config.hpp"
#include "tun/sole_use.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

const auto kOurs = IpAddress::parse("10.99.0.1").value();
const auto kTheirs = IpAddress::parse("10.99.0.7").value();

sockaddr_in socket_address(const IpAddress& address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  std::memcpy(&out.sin_addr, address.octets().data(), 4);
  return out;
}

/// A queue as any program opens one.
class RawQueue {
 public:
  bool attach(const char* name) {
    ifreq request{};
    std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE;
    return fd_ && ::ioctl(fd_.get(), TUNSETIFF, &request) == 0;
  }
  bool keep() { return ::ioctl(fd_.get(), TUNSETPERSIST, 1UL) == 0; }
  bool give_to_user(unsigned long user) { return ::ioctl(fd_.get(), TUNSETOWNER, user) == 0; }
  bool give_to_group(unsigned long group) { return ::ioctl(fd_.get(), TUNSETGROUP, group) == 0; }
  void close() { fd_ = FileDescriptor{}; }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  FileDescriptor fd_{::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)};
};

/// Runs in a network namespace of its own.
class TunDeviceTest : public testing::Test {
 protected:
  TunDevice open_up(const TunOptions& options = {}) {
    auto device = TunDevice::open("test%d", options).value();
    EXPECT_TRUE(network.set_up(device.name()).has_value());
    EXPECT_TRUE(network.add_address(device.name(), {kOurs, 24}).has_value());
    return device;
  }
  /// The next IPv4 packet the kernel sends out through the device; others (router solicitations) are passed over.
  Bytes next_packet(TunDevice& device) {
    for (int tries = 0; tries < 20; ++tries) {
      pollfd watched{device.fd(), POLLIN, 0};
      if (::poll(&watched, 1, 1000) <= 0) break;
      const auto packet = device.read(buffer).value().bytes;
      if (packet.size() >= 20 && (std::to_integer<unsigned>(packet[0]) >> 4U) == 4) return packet;
    }
    return {};
  }

  NetworkConfig network = NetworkConfig::open().value();
  FileDescriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  std::array<std::byte, 2048> buffer{};
};

TEST_F(TunDeviceTest, GivesWhatTheKernelSendsAndTakesTheAnswer) {
  auto device = open_up();
  const auto ours = socket_address(kOurs, 4000);
  const auto theirs = socket_address(kTheirs, 5000);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&ours), sizeof ours), 0);
  ASSERT_EQ(::sendto(socket.get(), "ping", 4, 0, reinterpret_cast<const sockaddr*>(&theirs), sizeof theirs), 4);

  const auto packet = next_packet(device);
  ASSERT_EQ(packet.size(), 20U + 8 + 4);
  EXPECT_EQ(IpAddress::from_octets(packet.subspan(12, 4)), kOurs);
  EXPECT_EQ(IpAddress::from_octets(packet.subspan(16, 4)), kTheirs);
  EXPECT_EQ(as_text(packet.subspan(28)), "ping");

  // The same packet with both ends changed over keeps its sums.
  ByteBuffer answer{packet.begin(), packet.end()};
  std::swap_ranges(answer.begin() + 12, answer.begin() + 16, answer.begin() + 16);
  std::swap_ranges(answer.begin() + 20, answer.begin() + 22, answer.begin() + 22);
  ASSERT_TRUE(device.write(answer));
  std::array<char, 16> received{};
  EXPECT_EQ(::recv(socket.get(), received.data(), received.size(), MSG_DONTWAIT), 4);
  EXPECT_EQ(std::string(received.data(), 4), "ping");
}

TEST_F(TunDeviceTest, ReadsNothingWhenNothingWaits) {
  auto device = TunDevice::open("quiet").value();
  EXPECT_EQ(device.name(), "quiet");
  EXPECT_TRUE(device.read(buffer).value().bytes.empty());
}

TEST_F(TunDeviceTest, LosesAPacketWhenTheInterfaceIsDown) {
  auto device = TunDevice::open("down").value();
  const std::array<std::byte, 20> packet{std::byte{0x45}};
  EXPECT_FALSE(device.write(Bytes{packet}));
}

TEST_F(TunDeviceTest, SaysThatTheInterfaceHasGone) {
  auto device = open_up();
  ASSERT_TRUE(network.delete_link(device.name()).has_value());
  const auto read = device.read(buffer);
  ASSERT_FALSE(read.has_value());
  EXPECT_NE(read.error().message.find(device.name()), std::string::npos);
}

TEST_F(TunDeviceTest, OpensAQueuePerWorker) {
  const TunOptions queues{.multi_queue = true};
  const auto first = TunDevice::open("queues", queues);
  const auto second = TunDevice::open("queues", {.multi_queue = true, .queues_before = 1});
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(second->name(), "queues");
  EXPECT_NE(first->fd(), second->fd());
}

TEST_F(TunDeviceTest, RefusesASecondUserOfASingleQueue) {
  const auto first = TunDevice::open("single");
  const auto second = TunDevice::open("single");
  ASSERT_TRUE(first.has_value());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, EBUSY);
}

TEST_F(TunDeviceTest, BelongsToWhoMadeItAndLetsNobodyElseRead) {
  const TunOptions queues{.multi_queue = true, .persist = true};
  auto device = TunDevice::open("owned", queues);
  ASSERT_TRUE(device.has_value()) << device.error().message;
  EXPECT_EQ(network.access_to("owned").value(), (TunAccess{::geteuid(), {}, 1}));
  const auto second = TunDevice::open("owned", {.multi_queue = true, .persist = true, .queues_before = 1});
  ASSERT_TRUE(second.has_value()) << second.error().message;
  EXPECT_EQ(network.access_to("owned").value(), (TunAccess{::geteuid(), {}, 2}));
  ASSERT_TRUE(device->set_persistent(false).has_value());
}

TEST_F(TunDeviceTest, GivesAnOwnerToAnInterfaceThatWasMadeWithoutOne) {
  RawQueue maker;
  ASSERT_TRUE(maker.attach("nobodys") && maker.keep());
  maker.close();
  ASSERT_TRUE(network.access_to("nobodys").value().is_for_everybody());
  auto device = TunDevice::open("nobodys", {.multi_queue = true});
  ASSERT_TRUE(device.has_value()) << device.error().message;
  EXPECT_EQ(network.access_to("nobodys").value(), (TunAccess{::geteuid(), {}, 1}));
  ASSERT_TRUE(device->set_persistent(false).has_value());
}

TEST_F(TunDeviceTest, TakesAnInterfaceThatAnAdministratorMadeRootsOwn) {
  RawQueue maker;
  ASSERT_TRUE(maker.attach("roots") && maker.keep() && maker.give_to_user(0));
  maker.close();
  auto device = TunDevice::open("roots", {.multi_queue = true});
  ASSERT_TRUE(device.has_value()) << device.error().message;
  EXPECT_EQ(network.access_to("roots").value(), (TunAccess{0, {}, 1}));
  ASSERT_TRUE(device->set_persistent(false).has_value());
}

TEST_F(TunDeviceTest, RefusesAnInterfaceOfAGroupWhichAnybodyMayHaveGivenIt) {
  RawQueue maker;
  ASSERT_TRUE(maker.attach("teams") && maker.keep() && maker.give_to_group(0));
  maker.close();
  const auto device = TunDevice::open("teams", {.multi_queue = true});
  ASSERT_FALSE(device.has_value());
  EXPECT_EQ(device.error().code, EPERM);
  EXPECT_NE(device.error().message.find("user root"), std::string::npos) << device.error().message;
  EXPECT_EQ(network.access_to("teams").value(), (TunAccess{{}, 0, 0})) << "it stays as it was";
  ASSERT_TRUE(network.delete_link("teams").has_value());
}

TEST_F(TunDeviceTest, RefusesAnInterfaceThatSomebodyReadsWhoMadeUsItsOwner) {
  RawQueue stranger;
  ASSERT_TRUE(stranger.attach("baited") && stranger.give_to_user(::geteuid()));
  const auto device = TunDevice::open("baited", {.multi_queue = true});
  ASSERT_FALSE(device.has_value());
  EXPECT_EQ(device.error().code, EBUSY);
}

TEST_F(TunDeviceTest, RefusesAQueueMoreThanThisProcessHas) {
  const TunOptions queues{.multi_queue = true};
  const auto first = TunDevice::open("counted", queues);
  ASSERT_TRUE(first.has_value()) << first.error().message;
  RawQueue other;
  ASSERT_TRUE(other.attach("counted"));
  const auto second = TunDevice::open("counted", {.multi_queue = true, .queues_before = 1});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, EBUSY);
}

/// What a local user can do before a new interface has an owner.
class NewInterface : public TunDeviceTest {
 protected:
  void SetUp() override { ASSERT_TRUE(ours.attach("new") && stranger.attach("new")); }
  std::optional<TunSharing> take() { return take_sole_use(network, ours.fd(), "new", true, 1).value(); }

  RawQueue ours;
  RawQueue stranger;
};

TEST_F(NewInterface, IsNotTakenWhileAStrangerIsInItWhoeverIsItsOwner) {
  EXPECT_EQ(take(), TunSharing::AnotherQueue);
  ASSERT_TRUE(stranger.give_to_user(::geteuid()));
  EXPECT_EQ(take(), TunSharing::AnotherQueue);
}

TEST_F(NewInterface, IsNotTakenWithTheGroupThatAStrangerGaveIt) {
  ASSERT_TRUE(stranger.give_to_group(0));
  stranger.close();
  EXPECT_EQ(take(), TunSharing::Group);
}

TEST_F(NewInterface, IsTakenFromTheOwnerThatAStrangerGaveItAndOfWhatHeSetNothingStays) {
  int size = 20;
  ASSERT_EQ(::ioctl(stranger.fd(), TUNSETVNETHDRSZ, &size), 0);
  // With more than one user, another's: see Access in tests/system.
  ASSERT_TRUE(stranger.give_to_user(0));
  stranger.close();
  EXPECT_EQ(take(), std::nullopt);
  EXPECT_EQ(network.access_to("new").value(), (TunAccess{::geteuid(), {}, 1}));
  ASSERT_EQ(::ioctl(ours.fd(), TUNGETVNETHDRSZ, &size), 0);
  EXPECT_EQ(size, 10);
}

TEST_F(TunDeviceTest, RefusesAnInterfaceForEverybodyThatSomebodyReadsAlready) {
  RawQueue stranger;
  ASSERT_TRUE(stranger.attach("tapped"));
  const auto device = TunDevice::open("tapped", {.multi_queue = true});
  ASSERT_FALSE(device.has_value());
  EXPECT_EQ(device.error().code, EBUSY);
  EXPECT_NE(device.error().message.find("ip link delete tapped"), std::string::npos) << device.error().message;
}

/// Needs a second user: this namespace has none, so it is tried where root is root.
TEST_F(TunDeviceTest, KeepsAnotherUserOut) {
  const auto device = TunDevice::open("closed", {.multi_queue = true});
  ASSERT_TRUE(device.has_value()) << device.error().message;
  constexpr int kCannotTry = 77;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0) ::_exit(kCannotTry);
    RawQueue stranger;
    ::_exit(stranger.attach("closed") ? 0 : errno);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == kCannotTry)
    GTEST_SKIP() << "this namespace has one user alone; see Access in tests/system";
  EXPECT_EQ(WEXITSTATUS(status), EPERM);
}

TEST_F(TunDeviceTest, OutlivesItsProcessOnlyWhenAsked) {
  { const auto device = TunDevice::open("brief").value(); }
  EXPECT_FALSE(network.index_of("brief").has_value());
  { const auto device = TunDevice::open("lasting", {.persist = true}).value(); }
  EXPECT_TRUE(network.index_of("lasting").has_value());
  {
    auto device = TunDevice::open("lasting").value();
    ASSERT_TRUE(device.set_persistent(false).has_value());
  }
  EXPECT_FALSE(network.index_of("lasting").has_value());
}

TEST_F(TunDeviceTest, SaysWhatToDoWhenThereIsNoTun) {
  const TemporaryDirectory empty;
  ASSERT_EQ(::mount(empty.path().c_str(), "/dev/net", nullptr, MS_BIND, nullptr), 0);
  const auto device = TunDevice::open("none");
  ASSERT_EQ(::umount("/dev/net"), 0);
  ASSERT_FALSE(device.has_value());
  EXPECT_NE(device.error().message.find("modprobe tun"), std::string::npos) << device.error().message;
}

}  // namespace
}  // namespace sallyport
