#include "server/revocation/revocation_poller.hpp"

#include "tests/support/temporary_directory.hpp"
#include "tests/unit/server/revocation/reports.hpp"
#include "tests/unit/server/revocation/web_server.hpp"

#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include <fstream>
#include <optional>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// In namespaces of its own: the only name server there is takes questions and never answers.
class SilentResolver : public testing::Test {
 protected:
  SilentResolver() {
    const FileDescriptor any{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    ifreq loopback{};
    loopback.ifr_name[0] = 'l';
    loopback.ifr_name[1] = 'o';
    loopback.ifr_flags = IFF_UP;
    EXPECT_EQ(::ioctl(any.get(), SIOCSIFFLAGS, &loopback), 0);
    server_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(53);
    EXPECT_EQ(::bind(server_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    write("resolv.conf", "nameserver 127.0.0.1\noptions timeout:8 attempts:1\n");
    EXPECT_EQ(::mount(directory_.file("resolv.conf").c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr), 0);
    poller_.emplace([this](SourceReport&& report) { reports_.add(std::move(report)); });
  }
  ~SilentResolver() override {
    poller_.reset();
    EXPECT_EQ(::umount2("/etc/resolv.conf", MNT_DETACH), 0);
  }
  static ListSource source(const std::string& place, seconds timeout = seconds{60}) {
    return {.authority = "corp", .place = place, .interval = seconds{1}, .timeout = timeout, .max_size = 1000};
  }
  static ListSource unresolved(seconds timeout = seconds{60}) {
    return source("http://lists.corp.test/a.crl", timeout);
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream{directory_.file(name), std::ios::trunc} << text;
  }
  /// The name server has the question, so that somebody waits for the answer.
  [[nodiscard]] bool is_asked() const {
    char question[512];
    const timeval limit{3, 0};
    ::setsockopt(server_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return ::recv(server_.get(), question, sizeof question, 0) > 0;
  }
  template <class Action>
  static milliseconds time_of(Action action) {
    const auto begun = std::chrono::steady_clock::now();
    action();
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
  }

  const TemporaryDirectory directory_;
  FileDescriptor server_;
  Reports reports_;
  std::optional<RevocationPoller> poller_;
};

TEST_F(SilentResolver, HoldsUpNoOtherSource) {
  WebServer good{[](const std::string&) { return WebServer::with_body("list"); }};
  write("a.crl", "one");
  poller_->watch(1, {unresolved(seconds{4}), source(good.url()), source(directory_.file("a.crl"))});
  ASSERT_TRUE(is_asked());
  std::this_thread::sleep_for(milliseconds{1500});
  write("a.crl", "two");
  EXPECT_TRUE(reports_.wait_for([](const SourceReport& each) {
    return each.source == 2 && !each.lists.empty() && each.lists[0].content == "two";
  }));
  EXPECT_GE(reports_.count_of(1), 2U) << "asked again while the name is not known";
  EXPECT_EQ(reports_.count_of(0), 0U) << "the name is not known yet";
  EXPECT_TRUE(reports_.wait_for([](const SourceReport& each) {
    return each.source == 0 && each.outcome == SourceOutcome::Failed;
  })) << "what is not resolved within the time of its source has failed";
}

TEST_F(SilentResolver, HoldsUpNobodyWhoChangesTheSources) {
  poller_->watch(1, {unresolved()});
  ASSERT_TRUE(is_asked());
  write("a.crl", "one");
  EXPECT_LT(time_of([&] { poller_->watch(2, {source(directory_.file("a.crl"))}); }), milliseconds{500});
  std::this_thread::sleep_for(milliseconds{300});
  // By now the poller lets go of what it asked for.
  EXPECT_LT(time_of([&] { poller_->was_refused(2, 0); }), milliseconds{500});
  EXPECT_TRUE(reports_.wait_for([](const SourceReport& each) { return each.round == 2; }, milliseconds{1500}));
  poller_->watch(3, {unresolved()});
  ASSERT_TRUE(is_asked());
  EXPECT_LT(time_of([&] { poller_.reset(); }), seconds{2}) << "a gateway that stops waits for no name";
}

TEST_F(SilentResolver, HoldsUpNoStart) {
  WebServer good{[](const std::string&) { return WebServer::with_body("list"); }};
  std::vector<OfferedList> lists;
  EXPECT_LT(time_of([&] { lists = fetch_now({unresolved(), source(good.url())}, milliseconds{700}); }), seconds{2});
  ASSERT_EQ(lists.size(), 2U);
  EXPECT_FALSE(lists[0].error.empty());
  EXPECT_EQ(lists[1].content, "list");
}

}  // namespace
}  // namespace sallyport
