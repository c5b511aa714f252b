#include "server/gateway/revocation_desk.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {

std::uint64_t RevocationDesk::begin(std::vector<ListSource> sources, unsigned allow_stranding) {
  std::vector<Source> next;
  for (auto& source : sources) {
    const auto before =
        std::find_if(sources_.begin(), sources_.end(), [&source](const Source& each) { return each.source == source; });
    Source entry = before == sources_.end() ? Source{.source = std::move(source)} : std::move(*before);
    entry.allow_stranding = allow_stranding;
    entry.has_content = false;
    next.push_back(std::move(entry));
  }
  sources_ = std::move(next);
  return ++round_;
}

RevocationDesk::Source* RevocationDesk::find(const SourceReport& report) noexcept {
  return report.round == round_ && report.source < sources_.size() ? &sources_[report.source] : nullptr;
}

bool RevocationDesk::note(Source& source, const SourceReport& report) {
  source.last_look = report.at;
  source.next_try = report.next_try;
  switch (report.outcome) {
    case SourceOutcome::Content:
      ++source.fetched;
      return false;
    case SourceOutcome::Unchanged:
      ++source.unchanged;
      // A list that was bad is so still.
      if (source.is_content_bad) return false;
      source.last_good = report.at;
      return !std::exchange(source.error, {}).empty();
    case SourceOutcome::Failed:
      ++source.failed;
      return std::exchange(source.error, report.error) != report.error;
  }
  return false;
}

bool RevocationDesk::settle(Source& source, const SourceReport& report, std::string error) {
  source.has_content = true;
  source.is_content_bad = !error.empty();
  if (source.is_content_bad)
    ++source.refused;
  else
    source.last_good = report.at;
  const bool is_news = source.error != error;
  source.error = std::move(error);
  return is_news;
}

}  // namespace sallyport
