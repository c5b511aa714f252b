#include "server/gateway/scrape_service.hpp"

#include "common/base/send_pending.hpp"
#include "server/gateway/metrics_page.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace sallyport {
namespace {

constexpr int kAcceptsPerTurn = 4;
/// Of those that come too fast, which are only closed.
constexpr int kClosedPerTurn = 64;
constexpr std::size_t kScratch = 4096;
constexpr auto kTick = std::chrono::milliseconds{250};
/// How long the other side has to close once it has all.
constexpr Duration kCloseTime = std::chrono::seconds{1};

}  // namespace

struct ScrapeService::Guest {
  enum class State { Asking, Waiting, Leaving };

  std::uint64_t id;
  TimePoint begun;
  TimePoint deadline;  ///< of what it is at
  FileDescriptor socket;
  ScrapeRequestParser parser;
  State state = State::Asking;
  ByteBuffer outbox{};
  std::size_t sent = 0;
  bool is_shut = false;    ///< we said all
  bool has_ended = false;  ///< it says no more, and may still listen
  std::optional<Poll> poll{};
};

ScrapeService::ScrapeService(std::vector<FileDescriptor> listeners, ScrapeHost host, ScrapeLimits limits,
                             ReasonTally& tally, Ask ask)
    : thread_{"metrics", Suspension::Counts},
      listeners_{std::move(listeners)},
      host_{host},
      limits_{limits},
      tally_{tally},
      ask_{std::move(ask)},
      rate_{limits.per_second, limits.burst, thread_.loop().now().steady},
      sources_{limits.source},
      scratch_(kScratch),
      tick_{thread_.loop(), [this] { on_tick(); }},
      figures_{thread_.loop(), [this](MetricsFigures&& figures) { on_figures(figures); }} {
  for (const auto& listener : listeners_) {
    auto poll = Poll::watch(thread_.loop(), listener.get(),
                            [this, index = listener_polls_.size()](bool, bool) { on_listener(index); });
    poll.value().set_interest(true, false);
    listener_polls_.push_back(std::move(*poll));
  }
}

ScrapeService::~ScrapeService() { thread_.stop(); }

/// Without descriptors, or in a flood, a listener would call again at once and for ever: the tick tries again.
void ScrapeService::on_listener(std::size_t index) {
  int welcomed = 0;
  int closed = 0;
  auto last = Accepting::Welcomed;
  while (welcomed < kAcceptsPerTurn && closed < kClosedPerTurn) {
    last = accept_one(listeners_[index].get());
    if (last == Accepting::NoneWaits || last == Accepting::OutOfDescriptors) break;
    ++(last == Accepting::TooFast ? closed : welcomed);
  }
  const bool is_paused = last == Accepting::OutOfDescriptors || closed != 0;
  if (is_paused) listener_polls_[index].set_interest(false, false);
  if (is_paused || !guests_.empty()) arm_tick();
}

void ScrapeService::arm_tick() {
  if (!tick_.is_armed()) tick_.arm(kTick);
}

ScrapeService::Accepting ScrapeService::accept_one(int fd) {
  auto accepted = accept_from(fd);
  if (!accepted) return Accepting::OutOfDescriptors;
  if (!*accepted) return Accepting::NoneWaits;
  if (!may_come((*accepted)->source)) {
    count(ScrapeResult::TooFast);
    return Accepting::TooFast;
  }
  welcome(std::move(**accepted));
  return Accepting::Welcomed;
}

/// All programs of this machine come from one address: there is nothing to tell them apart by.
bool ScrapeService::may_come(const IpAddress& source) {
  const bool is_within = host_ == ScrapeHost::ThisMachine || sources_.admit(source, now());
  return is_within && rate_.take(now());
}

void ScrapeService::welcome(Accepted accepted) {
  const bool has_room = make_room(now());
  const std::uint64_t id = next_id_++;
  auto guest = std::make_unique<Guest>(Guest{.id = id,
                                             .begun = now(),
                                             .deadline = now() + limits_.request,
                                             .socket = std::move(accepted.socket),
                                             .parser = ScrapeRequestParser{host_}});
  auto poll =
      Poll::watch(thread_.loop(), guest->socket.get(), [this, raw = guest.get()](bool, bool) { on_ready(*raw); });
  if (!has_room || !poll) {
    count(ScrapeResult::TooMany);
    append_scrape_refusal(guest->outbox, ScrapeResult::TooMany);
    (void)send_pending(guest->socket.get(), guest->outbox, guest->sent);
    return;
  }
  guest->poll.emplace(std::move(*poll));
  guest->poll->set_interest(true, false);
  Guest& welcomed = *guests_.emplace(id, std::move(guest)).first->second;
  if (host_ == ScrapeHost::ThisMachine && !accepted.source.is_loopback()) refuse(welcomed, ScrapeResult::NotLocal);
}

/// False: all places are taken by who does not give way.
bool ScrapeService::make_room(TimePoint now) {
  if (guests_.size() < limits_.connections) return true;
  for (const auto& [id, guest] : guests_) {
    if (guest->state == Guest::State::Waiting || now - guest->begun < limits_.idle) continue;
    if (guest->state == Guest::State::Asking) count(ScrapeResult::TooMany);
    erase(id);
    return true;
  }
  return false;
}

void ScrapeService::on_ready(Guest& guest) {
  const ssize_t n = ::recv(guest.socket.get(), scratch_.data(), scratch_.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return settle(guest);
  if (n == 0 && guest.state != Guest::State::Asking && !guest.is_shut) {
    guest.has_ended = true;
    return settle(guest);
  }
  if (n <= 0) {
    if (guest.state == Guest::State::Asking) count(ScrapeResult::Disconnected);
    return erase(guest.id);
  }
  // Once it has asked, nothing it says counts.
  if (guest.state == Guest::State::Asking) hear(guest, Bytes{scratch_}.first(static_cast<std::size_t>(n)));
}

void ScrapeService::hear(Guest& guest, Bytes bytes) {
  if (const auto result = guest.parser.feed(bytes)) settle_request(guest, *result);
}

void ScrapeService::settle_request(Guest& guest, ScrapeResult result) {
  if (result != ScrapeResult::Served) return refuse(guest, result);
  const bool is_fresh = page_made_ && now() - *page_made_ < limits_.freshness;
  return is_fresh ? serve(guest) : await_page(guest);
}

/// All who wait are answered by one count.
void ScrapeService::await_page(Guest& guest) {
  guest.state = Guest::State::Waiting;
  guest.deadline = now() + limits_.figures;
  if (!asked_) {
    asked_ = now();
    ask_();
  }
}

void ScrapeService::on_figures(const MetricsFigures& figures) {
  asked_.reset();
  page_ = metrics_page(figures, tally_.entries());
  page_made_ = now();
  for (auto next = guests_.begin(); next != guests_.end();) {
    Guest& guest = *(next++)->second;
    if (guest.state == Guest::State::Waiting) serve(guest);
  }
}

void ScrapeService::serve(Guest& guest) {
  count(ScrapeResult::Served);
  append_scrape_answer(guest.outbox, page_);
  leave(guest);
}

void ScrapeService::refuse(Guest& guest, ScrapeResult refusal) {
  count(refusal);
  append_scrape_refusal(guest.outbox, refusal);
  leave(guest);
}

void ScrapeService::leave(Guest& guest) {
  guest.state = Guest::State::Leaving;
  guest.deadline = now() + limits_.answer;
  settle(guest);
}

/// Sends what is due. A guest that is gone stays until its socket says so or its time is over.
void ScrapeService::settle(Guest& guest) {
  const bool is_alive = send_pending(guest.socket.get(), guest.outbox, guest.sent) != SendState::Gone;
  const bool wants_write = guest.sent < guest.outbox.size();
  if (is_alive && guest.state == Guest::State::Leaving && !wants_write && !guest.is_shut) {
    guest.is_shut = true;
    guest.deadline = now() + (guest.has_ended ? Duration::zero() : kCloseTime);
    ::shutdown(guest.socket.get(), SHUT_WR);
  }
  guest.poll->set_interest(is_alive && !guest.has_ended, is_alive && wants_write);
}

void ScrapeService::erase(std::uint64_t id) {
  const auto found = guests_.find(id);
  found->second->poll.reset();
  guests_.erase(found);
}

void ScrapeService::on_tick() {
  for (auto& poll : listener_polls_) poll.set_interest(true, false);
  std::vector<std::uint64_t> late;
  for (const auto& [id, guest] : guests_) {
    if (now() >= guest->deadline) late.push_back(id);
  }
  for (const auto id : late) {
    Guest& guest = *guests_.at(id);
    if (guest.state == Guest::State::Leaving)
      erase(id);
    else
      refuse(guest, guest.state == Guest::State::Asking ? ScrapeResult::TimedOut : ScrapeResult::NotReady);
  }
  if (!guests_.empty()) tick_.arm(kTick);
}

}  // namespace sallyport
