#include "server/policy/loader.hpp"

#include "common/base/text.hpp"
#include "server/policy/diagnostic_list.hpp"
#include "server/policy/policy_directory.hpp"
#include "server/policy/section_loader.hpp"
#include "server/policy/self_test.hpp"
#include "server/policy/text_shape.hpp"

#include <iterator>
#include <utility>

namespace sallyport {
namespace {

/// False: the file's structure is unknown, so that what it defines is too.
bool parse_file(const PolicyFile& file, std::uint32_t number, PolicyDocument& document, Diagnostics& errors) {
  TomlReader reader{number, file.name, errors};
  if (file.text.size() > kMaxPolicyFileSize) {
    reader.error(Place{}, "is too large; at most " + std::to_string(kMaxPolicyFileSize) + " octets are allowed");
    return false;
  }
  if (auto fault = find_shape_fault(file.text)) {
    reader.error(Place{number, fault->line, 0}, std::move(fault->message));
    return false;
  }
  const auto parsed = toml::parse(std::string_view{file.text}, std::string_view{file.name});
  if (!parsed) {
    reader.error(parsed.error().source(), escape_quoting(parsed.error().description(), 512));
    return false;
  }
  SectionLoader{reader, document}.load(parsed.table());
  return true;
}

struct ParsedFiles {
  PolicyDocument document;
  Diagnostics errors;
  bool complete = true;  ///< every file could be parsed, if not understood
};

ParsedFiles parse_files(const std::vector<PolicyFile>& files) {
  ParsedFiles parsed;
  for (const auto& file : files) parsed.document.files.push_back(file.name);
  for (std::uint32_t number = 0; number < files.size(); ++number) {
    if (!parse_file(files[number], number, parsed.document, parsed.errors)) parsed.complete = false;
  }
  return parsed;
}

template <class Errors>
auto bounded_failure(Errors errors) {
  sort_and_bound(errors);
  return fail(std::move(errors));
}

/// A failing test means nothing while the policy it tests is not the one that was meant.
Result<LoadedPolicy, Diagnostics> tested(Result<LoadedPolicy, Diagnostics> loaded) {
  if (!loaded) return loaded;
  auto failures = run_policy_tests(*loaded->policy);
  if (!failures.empty()) return bounded_failure(std::move(failures));
  return loaded;
}

}  // namespace

Result<LoadedPolicy, Diagnostics> load_policy(const std::string& directory) { return tested(read_policy(directory)); }

Result<LoadedPolicy, Diagnostics> load_policy_texts(const std::vector<PolicyFile>& files) {
  return tested(read_policy_texts(files));
}

Result<LoadedPolicy, Diagnostics> read_policy(const std::string& directory) {
  auto files = read_policy_directory(directory);
  if (!files) return bounded_failure(std::move(files.error()));
  if (files->empty()) return LoadedPolicy{Policy::deny_all(), 0, 0};
  return read_policy_texts(*files);
}

Result<LoadedPolicy, Diagnostics> read_policy_texts(const std::vector<PolicyFile>& files) {
  auto parsed = parse_files(files);
  const auto tests = parsed.document.tests.size();
  // Names from a file that cannot be parsed would all be reported as unknown.
  if (!parsed.complete) return bounded_failure(std::move(parsed.errors));
  auto policy = Policy::compile(std::move(parsed.document));
  auto& errors = parsed.errors;
  if (!policy) {
    errors.insert(errors.end(), std::make_move_iterator(policy.error().begin()),
                  std::make_move_iterator(policy.error().end()));
  }
  if (!errors.empty()) return bounded_failure(std::move(errors));
  return LoadedPolicy{std::move(*policy), files.size(), tests};
}

Result<PolicyDocument, Diagnostics> parse_policy(const std::vector<PolicyFile>& files) {
  auto parsed = parse_files(files);
  if (!parsed.errors.empty()) return bounded_failure(std::move(parsed.errors));
  return std::move(parsed.document);
}

}  // namespace sallyport
