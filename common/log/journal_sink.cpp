#include "common/base/text.hpp"
#include "common/log/log_sink.hpp"

#include <fmt/format.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

namespace sallyport {
namespace {

int priority_of(Level level) noexcept {
  switch (level) {
    case Level::Debug:
      return 7;
    case Level::Info:
      return 6;
    case Level::Notice:
      return 5;
    case Level::Warning:
      return 4;
    case Level::Error:
      return 3;
  }
  return 3;
}

std::uint64_t fnv1a(std::string_view text, std::uint64_t hash) noexcept {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

/// 128 bits that depend on the name of the event alone, so that a catalogue can speak about each kind.
std::string message_id(std::string_view event) {
  return fmt::format("{:016x}{:016x}", fnv1a(event, 0xcbf29ce484222325U), fnv1a(event, 0x5a11790275a11790U));
}

std::string field_name(std::string_view name) {
  std::string out = "SALLYPORT_";
  for (const char c : name) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

class JournalSink : public LogSink {
 public:
  void write(const LogRecord& record) override {
    auto fields = journal_fields(record);
    std::vector<iovec> parts;
    for (auto& field : fields) parts.push_back(iovec{field.data(), field.size()});
    sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
  }
};

}  // namespace

std::vector<std::string> journal_fields(const LogRecord& record) {
  std::vector<std::string> fields{
      "MESSAGE=" + escape_untrusted(record.words, kMaxLogWords),
      fmt::format("PRIORITY={}", priority_of(record.level)),
      "MESSAGE_ID=" + message_id(record.event),
      "SALLYPORT_EVENT=" + escape_untrusted(record.event, kMaxLogValue),
  };
  for (const auto& field : record.fields) fields.push_back(field_name(field.name) + '=' + to_text(field.value));
  return fields;
}

std::unique_ptr<LogSink> journal_sink() { return std::make_unique<JournalSink>(); }

}  // namespace sallyport
