#include "common/base/path_sample.hpp"

#include "common/base/congestion.hpp"
#include "common/base/file_descriptor.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sallyport {
namespace {

using std::chrono::microseconds;

TEST(PathSample, KnowsNoRoundTripBeforeOneWasMeasured) {
  const FileDescriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const auto sample = sample_path(socket.get());
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->least_rtt, Duration{});
  EXPECT_EQ(sample->received, 0U);
  EXPECT_FALSE(sample->is_queued());
}

TEST(PathSample, IsThereOfTcpAlone) {
  const FileDescriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  EXPECT_FALSE(sample_path(socket.get()));
}

TEST(PathSample, TellsAQueueByAnEighthOfTheLeastRoundTrip) {
  EXPECT_FALSE((PathSample{.rtt = microseconds{1125}, .least_rtt = microseconds{1000}}.is_queued()));
  EXPECT_TRUE((PathSample{.rtt = microseconds{1126}, .least_rtt = microseconds{1000}}.is_queued()));
  EXPECT_FALSE((PathSample{.rtt = microseconds{1126}}.is_queued())) << "unknown";
}

TEST(Congestion, IsTheSameOneWhenItBeginsAnew) {
  const FileDescriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  for (const char* name : {"cubic", "reno", "bbr"}) {
    if (!use_congestion(socket.get(), name)) continue;
    EXPECT_TRUE(restart_congestion(socket.get()));
    EXPECT_EQ(congestion_of(socket.get()), name);
    EXPECT_EQ(sample_path(socket.get())->settled, 0) << "before it has started up";
  }
}

}  // namespace
}  // namespace sallyport
