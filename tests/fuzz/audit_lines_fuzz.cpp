// Verifies any bytes as an audit file. Whatever they are: no crash, the verdict names a line that is there, does not
// depend on whether the end is known, and what is called intact is a chain from its first line to its last.

#include "server/audit/chain.hpp"
#include "server/audit/verifier.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

using namespace sallyport;

void require(bool condition) {
  if (!condition) std::abort();
}

std::vector<FileLine> lines_of(std::string_view text) {
  std::vector<FileLine> lines;
  std::size_t offset = 0;
  while (offset < text.size()) {
    const auto end = text.find('\n', offset);
    const bool is_whole = end != std::string_view::npos;
    lines.push_back({text.substr(offset, is_whole ? end - offset : end), lines.size() + 1, offset, is_whole});
    if (!is_whole) break;
    offset = end + 1;
  }
  return lines;
}

AuditVerdict verify(const std::vector<FileLine>& lines, bool is_whole) {
  AuditVerifier verifier{{.keys = {}, .is_whole = is_whole}};
  verifier.begin_file("audit.jsonl");
  for (const auto& line : lines) verifier.take(line);
  return verifier.finish();
}

void check_chain(const std::vector<FileLine>& lines) {
  ChainEnd end;
  for (const auto& line : lines) {
    const auto parsed = parse_chained_line(line.text);
    require(parsed.has_value() && line.is_whole);
    require(line.number == 1 || (parsed->sequence == end.sequence + 1 && parsed->previous == end.digest));
    end = {parsed->sequence, digest_of_line(line.text).value()};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto lines = lines_of({reinterpret_cast<const char*>(data), size});
  const auto part = verify(lines, false);
  const auto whole = verify(lines, true);
  require(!part.fault || whole.fault);
  for (const auto* verdict : {&part, &whole}) {
    if (!verdict->fault) {
      check_chain(lines);
      require(verdict->records == lines.size());
      continue;
    }
    require(verdict->fault->line >= 1 && verdict->fault->line <= lines.size());
    require(!verdict->fault->words.empty() && !name_of(verdict->fault->kind).empty());
  }
  return 0;
}
