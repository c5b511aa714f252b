#include "server/revocation/revocation_poller.hpp"

#include "common/base/signal_mask.hpp"
#include "server/trust/list_files.hpp"

#include <pthread.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

using std::chrono::milliseconds;

/// Between two looks at a file.
constexpr std::chrono::seconds kFileBeat{1};
constexpr milliseconds kLongestWait{1000};

TimePoint steady_now() { return std::chrono::steady_clock::now(); }
WallTime wall_clock() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

/// Changes when any of the files does.
std::string signature_of(const std::string& path) {
  const auto files = files_at(path, {".crl", ".pem", ".der"});
  if (!files) return files.error().message;
  std::string signature;
  for (const auto& file : *files) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) {
      signature += file + " is missing\n";
      continue;
    }
    signature += file + ' ' + std::to_string(status.st_ino) + ' ' + std::to_string(status.st_size) + ' ' +
                 std::to_string(status.st_mtim.tv_sec) + '.' + std::to_string(status.st_mtim.tv_nsec) + '\n';
  }
  return signature;
}

}  // namespace

RevocationPoller::RevocationPoller(Reporter report) : report_{std::move(report)} {
  const SignalsBlocked blocked;
  thread_ = std::thread{[this] { run(); }};
  pthread_setname_np(thread_.native_handle(), "revocation");
}

RevocationPoller::~RevocationPoller() {
  {
    const std::lock_guard lock{mutex_};
    is_stopping_ = true;
  }
  client_.wake();
  thread_.join();
}

void RevocationPoller::watch(std::uint64_t round, std::vector<ListSource> sources) {
  {
    const std::lock_guard lock{mutex_};
    change_ = Change{round, std::move(sources)};
    refused_.clear();
  }
  client_.wake();
}

void RevocationPoller::was_refused(std::uint64_t round, std::size_t source) {
  const std::lock_guard lock{mutex_};
  const bool is_of_now = change_ ? change_->round == round : round_ == round;
  if (is_of_now) refused_.insert(source);
}

void RevocationPoller::run() {
  while (take_changes()) {
    const auto now = steady_now();
    for (std::size_t i = 0; i < watched_.size(); ++i) {
      if (!watched_[i].is_under_way && watched_[i].schedule.is_due(now)) look_at(i, now);
    }
    for (const auto& result : client_.wait(time_to_wait(steady_now()))) finish(result);
  }
}

/// False when it is over.
bool RevocationPoller::take_changes() {
  std::optional<Change> change;
  std::set<std::size_t> refused;
  {
    const std::lock_guard lock{mutex_};
    if (is_stopping_) return false;
    change = std::exchange(change_, std::nullopt);
    refused = std::exchange(refused_, {});
    if (change) round_ = change->round;
  }
  // Without the lock: to let go of a transfer may wait for its name to be resolved.
  if (change) watch_instead(std::move(change->sources));
  for (const auto place : refused) {
    if (place < watched_.size()) watched_[place].validators = {};
  }
  return true;
}

void RevocationPoller::watch_instead(std::vector<ListSource> sources) {
  client_.abandon();
  watched_.clear();
  for (auto& source : sources) {
    const auto beat = source.is_web() ? source.interval : kFileBeat;
    watched_.push_back({std::move(source), PollSchedule{beat}});
  }
}

milliseconds RevocationPoller::time_to_wait(TimePoint now) const {
  milliseconds wait = kLongestWait;
  for (const auto& each : watched_) {
    if (each.is_under_way) continue;
    wait = std::min(wait, std::chrono::ceil<milliseconds>(each.schedule.next() - now));
  }
  return std::max(wait, milliseconds{0});
}

void RevocationPoller::look_at(std::size_t place, TimePoint now) {
  auto& each = watched_[place];
  if (!each.source.is_web()) return look_at_files(place, now);
  each.is_under_way = true;
  client_.get(place, each.source, each.validators);
}

void RevocationPoller::look_at_files(std::size_t place, TimePoint now) {
  auto& each = watched_[place];
  each.schedule.succeeded(now);
  // Before the reading: a change in between is seen at the next look.
  auto signature = signature_of(each.source.place);
  const bool is_changed = signature != each.signature;
  if (!is_changed && now - each.reported < each.source.interval) return;
  each.reported = now;
  each.signature = std::move(signature);
  auto lists = read_list_files(each.source.place, each.source.max_size);
  if (!lists) return report(place, SourceOutcome::Failed, {}, lists.error().message);
  report(place, is_changed ? SourceOutcome::Content : SourceOutcome::Unchanged, std::move(*lists), {});
}

void RevocationPoller::finish(const HttpResult& result) {
  auto& each = watched_[result.id];
  each.is_under_way = false;
  const auto verdict =
      result.answer ? judge_answer(result.answer->status, result.answer->body.size(), result.answer->was_conditional)
                    : AnswerVerdict{AnswerKind::Refused, result.answer.error()};
  if (verdict.kind == AnswerKind::Refused) {
    each.schedule.failed(steady_now());
    return report(result.id, SourceOutcome::Failed, {}, verdict.words);
  }
  each.schedule.succeeded(steady_now());
  if (verdict.kind == AnswerKind::Unchanged) return report(result.id, SourceOutcome::Unchanged, {}, {});
  each.validators = result.answer->validators;
  report(result.id, SourceOutcome::Content, {{each.source.place, result.answer->body, {}, each.source.place}}, {});
}

void RevocationPoller::report(std::size_t place, SourceOutcome outcome, std::vector<OfferedList> lists,
                              std::string error) {
  const auto& each = watched_[place];
  const auto now = wall_clock();
  const auto wait = std::chrono::ceil<std::chrono::seconds>(each.schedule.next() - steady_now());
  report_({.round = round_,
           .source = place,
           .outcome = outcome,
           .lists = std::move(lists),
           .error = std::move(error),
           .at = now,
           .next_try = now + std::max(wait, std::chrono::seconds{0})});
}

std::vector<OfferedList> fetch_now(const std::vector<ListSource>& sources, milliseconds most) {
  const auto deadline = steady_now() + most;
  HttpClient client;
  std::vector<OfferedList> lists;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    client.get(i, sources[i], {});
    lists.push_back({sources[i].place, {}, "did not answer in time", sources[i].place});
  }
  while (client.is_busy()) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_now());
    if (left <= milliseconds{0}) break;
    for (auto& result : client.wait(std::min(kLongestWait, left))) {
      auto& list = lists[result.id];
      const auto verdict = result.answer ? judge_answer(result.answer->status, result.answer->body.size(), false)
                                         : AnswerVerdict{AnswerKind::Refused, result.answer.error()};
      const bool is_good = verdict.kind == AnswerKind::Content;
      list.error = is_good ? std::string{} : verdict.words;
      if (is_good) list.content = std::move(result.answer->body);
    }
  }
  return lists;
}

}  // namespace sallyport
