#include "common/log/service.hpp"

#include "common/base/file_descriptor.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

/// Stands for the service manager.
class ServiceTest : public testing::Test {
 protected:
  ServiceTest() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    EXPECT_EQ(::bind(manager.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~ServiceTest() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  std::string told() {
    std::array<char, 512> text{};
    const ssize_t n = ::recv(manager.get(), text.data(), text.size(), MSG_DONTWAIT);
    return n < 0 ? std::string{} : std::string(text.data(), static_cast<std::size_t>(n));
  }

  TemporaryDirectory directory;
  std::string path = directory.file("notify");
  FileDescriptor manager{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

TEST_F(ServiceTest, TellsReadinessWithAStatus) {
  notify_ready("12 sessions, policy 4f2a");
  EXPECT_EQ(told(), "READY=1\nSTATUS=12 sessions, policy 4f2a");
}

TEST_F(ServiceTest, TellsWhenAReloadBegan) {
  const auto before = std::chrono::steady_clock::now().time_since_epoch();
  notify_reloading();
  const auto text = told();
  const std::string head = "RELOADING=1\nMONOTONIC_USEC=";
  ASSERT_EQ(text.substr(0, head.size()), head);
  const auto at = std::chrono::microseconds{std::stoll(text.substr(head.size()))};
  EXPECT_GE(at + 1us, std::chrono::floor<std::chrono::microseconds>(before));
  EXPECT_LE(at, std::chrono::steady_clock::now().time_since_epoch());
}

TEST_F(ServiceTest, LetsNoStatusCarryAnotherAssignment) {
  notify_status("evil\nMAINPID=1");
  EXPECT_EQ(told(), "STATUS=evil\\x0aMAINPID=1");
}

TEST_F(ServiceTest, TellsStoppingAndLiveness) {
  notify_stopping();
  EXPECT_EQ(told(), "STOPPING=1");
  notify_watchdog();
  EXPECT_EQ(told(), "WATCHDOG=1");
}

TEST_F(ServiceTest, AsksForLifeTwiceInWhatTheManagerGrants) {
  EXPECT_EQ(watchdog_interval(), std::nullopt);
  ::setenv("WATCHDOG_USEC", "10000000", 1);
  EXPECT_EQ(watchdog_interval(), 5s);
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(watchdog_interval(), std::nullopt);
}

TEST_F(ServiceTest, SaysNothingWhenNobodyAsked) {
  ::unsetenv("NOTIFY_SOCKET");
  notify_ready("ready");
  EXPECT_EQ(told(), "");
}

}  // namespace
}  // namespace sallyport
