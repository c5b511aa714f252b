#include "server/gateway/address_directory.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace sallyport {
namespace {

IpAddress v4(std::uint32_t number) { return IpAddress::v4(0x0a000000U + number); }
IpAddress address(const char* text) { return IpAddress::parse(text).value(); }
constexpr WorkerNumber kFirst{0};
constexpr WorkerNumber kSecond{1};

TEST(AddressDirectory, KnowsNobodyAtFirst) {
  const AddressDirectory directory;
  EXPECT_EQ(directory.worker_of(v4(1)), std::nullopt);
}

TEST(AddressDirectory, LeadsToTheWorkerThatWasNotedLast) {
  AddressDirectory directory;
  directory.note(v4(1), kFirst);
  directory.note(address("fd12::2"), kSecond);
  EXPECT_EQ(directory.worker_of(v4(1)), kFirst);
  EXPECT_EQ(directory.worker_of(address("fd12::2")), kSecond);
  directory.note(v4(1), kSecond);
  EXPECT_EQ(directory.worker_of(v4(1)), kSecond);
  EXPECT_EQ(directory.worker_of(v4(2)), std::nullopt);
}

TEST(AddressDirectory, TellsAnIpv4AddressFromTheIpv6OneOfTheSameOctets) {
  AddressDirectory directory;
  directory.note(address("253.18.0.0"), kSecond);
  EXPECT_EQ(directory.worker_of(address("fd12::")), std::nullopt);
}

TEST(AddressDirectory, FindsAllOfManyAndWherePoolsAreWide) {
  AddressDirectory directory;
  constexpr std::uint32_t kMany = 5000;
  for (std::uint32_t i = 0; i < kMany; ++i) directory.note(v4(i * 977), WorkerNumber{static_cast<std::uint8_t>(i % 7)});
  directory.note(address("fd12:3456:789a:ffff::1"), kSecond);
  for (std::uint32_t i = 0; i < kMany; ++i) {
    ASSERT_EQ(directory.worker_of(v4(i * 977)), WorkerNumber{static_cast<std::uint8_t>(i % 7)}) << i;
    ASSERT_EQ(directory.worker_of(v4(i * 977 + 1)), std::nullopt) << i;
  }
  EXPECT_EQ(directory.worker_of(address("fd12:3456:789a:ffff::1")), kSecond);
}

TEST(AddressDirectory, AnswersOthersWhileItGrows) {
  AddressDirectory directory;
  directory.note(v4(0), kSecond);
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> wrong{0};
  std::thread reader{[&] {
    for (std::uint32_t i = 0; !over; ++i) {
      if (directory.worker_of(v4(0)) != kSecond) ++wrong;
      const auto other = directory.worker_of(v4(i % 4000));
      if (other && *other != kSecond) ++wrong;
    }
  }};
  for (std::uint32_t i = 1; i < 4000; ++i) directory.note(v4(i), kSecond);
  over = true;
  reader.join();
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace sallyport
