#include "common/queue/codel.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <optional>
#include <random>
#include <vector>

namespace sallyport {
namespace {

constexpr std::size_t kPacket = 1000;

struct Waiting {
  TimePoint since;
  int number;
};

/// The pseudo-code of RFC 8289 sections 5.4 to 5.6, word by word, in milliseconds. It knows no marks.
class Reference {
 public:
  static constexpr double kTarget = 5;
  static constexpr double kInterval = 100;
  static constexpr std::size_t kMaxPacket = 1514;

  void enqueue(int number, double now) { queue_.push_back({now, number}); }

  std::optional<int> deque(double now) {
    auto r = dodequeue(now);
    if (dropping_) {
      if (!r.ok_to_drop) dropping_ = false;
      while (now >= drop_next_ && dropping_) {
        dropped.push_back(*r.p);
        ++count_;
        r = dodequeue(now);
        if (!r.ok_to_drop)
          dropping_ = false;
        else
          drop_next_ = control_law(drop_next_, count_);
      }
    } else if (r.ok_to_drop) {
      dropped.push_back(*r.p);
      r = dodequeue(now);
      dropping_ = true;
      const unsigned delta = count_ - lastcount_;
      count_ = 1;
      if (delta > 1 && now - drop_next_ < 16 * kInterval) count_ = delta;
      drop_next_ = control_law(now, count_);
      lastcount_ = count_;
    }
    return r.p;
  }

  std::vector<int> dropped;

 private:
  struct Packet {
    double tstamp;
    int number;
  };
  struct Result {
    std::optional<int> p;
    bool ok_to_drop = false;
  };

  Result dodequeue(double now) {
    if (queue_.empty()) {
      first_above_time_ = 0;
      return {};
    }
    const Packet p = queue_.front();
    queue_.pop_front();
    Result r{p.number};
    const double sojourn_time = now - p.tstamp;
    if (sojourn_time < kTarget || queue_.size() * kPacket <= kMaxPacket) {
      first_above_time_ = 0;
    } else if (first_above_time_ == 0) {
      first_above_time_ = now + kInterval;
    } else if (now >= first_above_time_) {
      r.ok_to_drop = true;
    }
    return r;
  }
  static double control_law(double t, unsigned count) { return t + kInterval / std::sqrt(count); }

  std::deque<Packet> queue_;
  double first_above_time_ = 0;
  double drop_next_ = 0;
  unsigned count_ = 0;
  unsigned lastcount_ = 0;
  bool dropping_ = false;
};

/// What is tested, behind the same face.
class Subject {
 public:
  void enqueue(int number, TimePoint now) { queue_.push_back({now, number}); }
  std::optional<int> deque(TimePoint now) {
    const auto packet = codel_.dequeue(
        {}, now,
        [&] {
          std::optional<Waiting> first;
          if (!queue_.empty()) first = queue_.front();
          if (first) queue_.pop_front();
          return first;
        },
        [&] { return queue_.size() * kPacket; },
        [&](const std::optional<Waiting>& each) {
          if (speaks_ecn) marked.push_back(each->number);
          return speaks_ecn;
        },
        [&](const std::optional<Waiting>& each) { dropped.push_back(each->number); });
    return packet ? std::optional{packet->number} : std::nullopt;
  }

  bool speaks_ecn = false;
  std::vector<int> dropped;
  std::vector<int> marked;

 private:
  Codel codel_;
  std::deque<Waiting> queue_;
};

TimePoint at(double milliseconds) {
  return TimePoint{} + std::chrono::round<Duration>(std::chrono::duration<double, std::milli>{milliseconds});
}

TEST(Codel, DoesWhatThePseudoCodeOfTheRfcDoes) {
  std::mt19937 random{8289};
  std::size_t dropped = 0;
  for (int run = 0; run < 200; ++run) {
    Reference reference;
    Subject subject;
    int number = 0;
    // Busy and idle phases of a link that takes a packet every millisecond.
    double load = 1;
    for (int tick = 1000; tick < 6000; ++tick) {
      const double now = tick;
      if (random() % 300 == 0) load = std::uniform_real_distribution<double>{0.2, 1.6}(random);
      while (std::uniform_real_distribution<double>{0, 2}(random) < load) {
        reference.enqueue(++number, now);
        subject.enqueue(number, at(now));
        if (random() % 2 == 0) break;
      }
      ASSERT_EQ(subject.deque(at(now)), reference.deque(now)) << "run " << run << ", " << tick << " ms";
    }
    ASSERT_EQ(subject.dropped, reference.dropped);
    dropped += subject.dropped.size();
  }
  EXPECT_GT(dropped, 1000U) << "the runs must reach the dropping state";
}

/// A link that is offered twice what it takes, from 1 s on; when each signal came, in ms from there.
std::vector<double> signals_under_overload(Subject& subject, std::vector<int>& signalled, int milliseconds_long) {
  std::vector<double> times;
  int number = 0;
  for (int tick = 0; tick < milliseconds_long; ++tick) {
    const auto now = at(1000 + tick);
    for (int i = 0; i < 20; ++i) subject.enqueue(++number, now);
    const auto before = signalled.size();
    (void)subject.deque(now);
    if (signalled.size() != before) times.push_back(tick);
  }
  return times;
}

TEST(Codel, SignalsAfterAnIntervalAndThenByTheInverseSquareRoot) {
  Subject subject;
  const auto times = signals_under_overload(subject, subject.dropped, 700);
  // Sojourn passes the target after 5 ms, the first signal is an interval later.
  ASSERT_GE(times.size(), 6U);
  double expected = times[0];
  EXPECT_NEAR(expected, 106, 2);
  for (std::size_t n = 1; n < times.size(); ++n) {
    expected += 100 / std::sqrt(n);
    EXPECT_NEAR(times[n], expected, 1.5) << "signal " << n + 1;
  }
}

TEST(Codel, MarksWhereItWouldDropAndThenDropsNothing) {
  Subject dropping;
  const auto drops = signals_under_overload(dropping, dropping.dropped, 700);
  Subject marking;
  marking.speaks_ecn = true;
  const auto marks = signals_under_overload(marking, marking.marked, 700);
  EXPECT_EQ(marks, drops);
  EXPECT_TRUE(marking.dropped.empty());
}

TEST(Codel, LeavesAQueueOfOnePacketAloneHoweverLateItIs) {
  Subject subject;
  for (int i = 0; i < 2000; ++i) {
    subject.enqueue(i, at(1000 + 1000.0 * i));
    EXPECT_EQ(subject.deque(at(1900 + 1000.0 * i)), i);
  }
  EXPECT_TRUE(subject.dropped.empty());
}

TEST(Codel, LeavesABurstAloneThatIsGoneWithinTheInterval) {
  Subject subject;
  for (int i = 0; i < 90; ++i) subject.enqueue(i, at(1000));
  for (int i = 0; i < 90; ++i) EXPECT_EQ(subject.deque(at(1001 + i)), i);
  EXPECT_TRUE(subject.dropped.empty());
}

}  // namespace
}  // namespace sallyport
