#include "tests/bench/crowd/crowd.hpp"

#include "tests/bench/crowd/probe_packet.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

constexpr auto kPulse = std::chrono::milliseconds{1};
constexpr auto kIdlePulse = std::chrono::milliseconds{10};
/// Of those who begin at the same moment, before it is the turn of sockets: laptops do not wait for each other's
/// hellos.
constexpr int kDuePerPulse = 16;
/// Of packets that are overdue, as many are sent at once; the rest was not offered.
constexpr double kBurst = 256;
constexpr std::uint16_t kSinkPort = 7;
/// How long the last packets have to come back.
constexpr auto kEchoTime = std::chrono::milliseconds{300};
/// Who was not answered asks again.
constexpr auto kAskAgain = std::chrono::milliseconds{500};

double seconds(Duration time) { return std::chrono::duration<double>{time}.count(); }

/// 127.1.0.0 and up: the loopback interface has them all.
IpAddress source_of(std::size_t place) { return IpAddress::v4(0x7f010001U + static_cast<std::uint32_t>(place)); }

double part_of(std::vector<double> values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

}  // namespace

Crowd::Crowd(Loop& loop, Settings settings, std::vector<CrowdDevice> devices, Report report)
    : loop_{loop},
      settings_{std::move(settings)},
      devices_{std::move(devices)},
      report_{std::move(report)},
      sink_{settings_.sink, kSinkPort},
      scratch_{ByteBuffer(std::size_t{128} << 10U), ByteBuffer(std::size_t{160} << 10U)},
      listener_{.online = [this](Member& member) { note_online(member); },
                .lost = [this](Member&, const std::string& reason) { note_lost(reason); },
                .routes =
                    [this](Member&) {
                      ++routes_;
                      last_routes_ = std::chrono::steady_clock::now();
                    },
                .packet = [this](Member&, Bytes packet) { note_packet(packet); },
                .due = [this](Member& member) { keep_due(member); }},
      pulse_{loop, [this] { on_pulse(); }},
      answered_in_(devices_.size()) {
  const std::size_t sources = settings_.sources == 0 ? devices_.size() : settings_.sources;
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    members_.push_back(std::make_unique<Member>(static_cast<std::uint32_t>(i), devices_[i], settings_.place,
                                                source_of(i % sources), loop_, scratch_, listener_));
  }
  pulse_.arm({});
}

void Crowd::begin(Task task) {
  began_ = last_pump_ = std::chrono::steady_clock::now();
  ++round_;
  online_after_.clear();
  lost_.clear();
  away_ = moved_ = 0;
  sent_ = echoed_ = routes_ = 0;
  largest_send_gap_ = {};
  attempts_ = 0;
  for (const auto& member : members_) attempts_ += member->attempts();
  sink_.reset();
  task_ = std::move(task);
}

void Crowd::finish() {
  const auto now = std::chrono::steady_clock::now();
  std::uint64_t attempts = 0;
  for (const auto& member : members_) attempts += member->attempts();
  nlohmann::json said{{"members", members_.size()},
                      {"online", online_},
                      {"began", seconds(began_.time_since_epoch())},
                      {"seconds", seconds(now - began_)},
                      {"attempts", attempts - attempts_},
                      {"lost", lost_}};
  task_->tell(said);
  task_.reset();
  sending_.reset();
  report_(std::move(said));
}

void Crowd::connect(Duration limit) {
  const auto now = loop_.now().steady;
  begin({now + limit, [this](Now) { return online_ == members_.size(); },
         [this](nlohmann::json& said) {
           said["last_online"] = seconds(last_online_.time_since_epoch());
           said["median"] = part_of(online_after_, 0.5);
           said["p99"] = part_of(online_after_, 0.99);
         }});
  for (const auto& member : members_) {
    if (!member->is_online() && member->next_due() == TimePoint::max()) member->go();
  }
}

void Crowd::idle(Duration time) {
  begin({loop_.now().steady + time, [](Now) { return false; }, [](nlohmann::json&) {}});
}

void Crowd::send(Duration time, double rate) {
  const auto until = loop_.now().steady + time;
  begin({until + kEchoTime, [](Now) { return false; },
         [this, rate](nlohmann::json& said) {
           said["rate"] = rate;
           said["sent"] = sent_;
           said["reached"] = sink_.received();
           said["echoed"] = echoed_;
           said["largest_gap"] = seconds(sink_.largest_gap());
           said["largest_send_gap"] = seconds(largest_send_gap_);
           said["routes"] = routes_;
           said["last_routes"] = seconds(last_routes_.time_since_epoch());
         }});
  sending_ = Sending{until, rate};
}

void Crowd::reconnect(std::size_t count, std::size_t parallel, Duration limit) {
  begin({loop_.now().steady + limit,
         [this, count, parallel](Now) {
           while (away_ < parallel && moved_ + away_ < count) send_one_away();
           return moved_ >= count && online_ == members_.size();
         },
         [this](nlohmann::json& said) { said["reconnects"] = moved_; }});
}

void Crowd::send_one_away() {
  Member& member = *members_[(moved_ + away_) % members_.size()];
  if (member.is_online()) --online_;
  member.leave();
  ++away_;
  member.go();
}

void Crowd::check(Duration limit) {
  const auto asked = std::make_shared<TimePoint>();
  begin({loop_.now().steady + limit,
         [this, asked](Now now) {
           if (answered() == members_.size()) return true;
           if (now.steady - *asked < kAskAgain) return false;
           *asked = now.steady;
           for (const auto& member : members_) {
             if (answered_in_[member->number()] != round_) (void)send_from(*member);
           }
           return false;
         },
         [this](nlohmann::json& said) { said["answered"] = answered(); }});
}

std::size_t Crowd::answered() const {
  return static_cast<std::size_t>(std::count(answered_in_.begin(), answered_in_.end(), round_));
}

void Crowd::on_pulse() {
  const Now now = loop_.now();
  for (int i = 0; i < kDuePerPulse; ++i) {
    const auto number = deadlines_.take_due(now.steady);
    if (!number) break;
    members_[*number]->handle_timeout(now);
    // Not at once again, whatever it says.
    deadlines_.bring_forward(*number, std::max(members_[*number]->next_due(), now.steady + kPulse));
  }
  if (sending_) pump(now);
  if (task_ && (task_->is_done(now) || now.steady >= task_->limit)) finish();
  const bool is_behind = deadlines_.next() <= now.steady;
  pulse_.arm(is_behind ? Duration{} : Duration{sending_ ? kPulse : kIdlePulse});
}

void Crowd::pump(Now now) {
  if (now.steady >= sending_->until) return;
  const auto clock = std::chrono::steady_clock::now();
  const auto before = last_pump_;
  largest_send_gap_ = std::max(largest_send_gap_, clock - before);
  last_pump_ = clock;
  sending_->owed = std::min(sending_->owed + sending_->rate * seconds(clock - before), kBurst);
  for (; sending_->owed >= 1; --sending_->owed) {
    Member& member = *members_[sending_->next++ % members_.size()];
    if (send_from(member)) ++sent_;
  }
}

bool Crowd::send_from(Member& member) {
  if (!member.is_online()) return false;
  const auto packet =
      probe_packet({member.address(), *IpAddress::parse(settings_.sink), kSinkPort, member.number(), round_});
  return member.send(packet);
}

void Crowd::note_online(Member&) {
  last_online_ = std::chrono::steady_clock::now();
  ++online_;
  online_after_.push_back(seconds(last_online_ - began_));
  if (away_ == 0) return;
  --away_;
  ++moved_;
}

void Crowd::note_lost(const std::string& reason) {
  ++lost_[reason];
  online_ = static_cast<std::size_t>(
      std::count_if(members_.begin(), members_.end(), [](const auto& member) { return member->is_online(); }));
}

void Crowd::note_packet(Bytes packet) {
  const auto probe = read_probe_packet(packet);
  if (!probe || probe->member >= members_.size()) return;
  ++echoed_;
  answered_in_[probe->member] = probe->round;
}

}  // namespace sallyport
