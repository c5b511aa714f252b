#include "server/audit/scanned_file.hpp"

#include "server/audit/line_file.hpp"

#include <sys/stat.h>

#include <utility>

namespace sallyport {
namespace {

void take_line(ScannedFile& scanned, const FileLine& line) {
  const auto parsed = parse_chained_line(line.text);
  const auto digest = digest_of_line(line.text);
  if (!parsed || !digest) {
    scanned.has_other_lines = true;
    return;
  }
  if (scanned.first == 0) scanned.first = parsed->sequence;
  scanned.end = {parsed->sequence, *digest};
  if (parsed->event == kHeadEvent) scanned.last_head = line.text;
}

}  // namespace

Result<std::optional<ScannedFile>, FileError> scan_audit_file(const std::string& path, AuditVerifier::Options options) {
  auto file = LineFile::open(path);
  if (!file) return fail(file.error());
  if (!*file) return std::nullopt;
  ScannedFile scanned;
  scanned.path = path;
  options.is_whole = false;
  AuditVerifier verifier{std::move(options)};
  verifier.begin_file(path);
  const auto read = (*file)->read([&](const FileLine& line) {
    verifier.take(line);
    take_line(scanned, line);
  });
  if (!read) return fail(read.error());
  (*file)->show_half([&](const FileLine& line) {
    struct stat status {};
    scanned.half_offset = line.offset;
    scanned.half = line.text.substr(0, 256);
    if (::fstat((*file)->fd(), &status) == 0)
      scanned.half_size = static_cast<std::uint64_t>(status.st_size) - line.offset;
  });
  scanned.fault = verifier.finish().fault;
  return scanned;
}

}  // namespace sallyport
