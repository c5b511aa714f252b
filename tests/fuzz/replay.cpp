// Runs a fuzz target over files, for compilers without libFuzzer and for the ordinary test run.
// usage: NAME_replay FILE_OR_DIRECTORY...   exits 1 when there is no input at all

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> inputs_below(const fs::path& path) {
  if (fs::is_regular_file(path)) return {path};
  std::vector<fs::path> found;
  if (!fs::is_directory(path)) return found;
  for (const auto& entry : fs::recursive_directory_iterator{path}) {
    if (entry.is_regular_file()) found.push_back(entry.path());
  }
  return found;
}

bool replay(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return false;
  const std::string content{std::istreambuf_iterator<char>{file}, {}};
  // A copy of the exact size: a sanitizer sees the first byte read past the end.
  const std::vector<std::uint8_t> exact{content.begin(), content.end()};
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  return true;
}

int replay_all(const std::vector<fs::path>& inputs) {
  for (const auto& input : inputs) {
    if (replay(input)) continue;
    std::fprintf(stderr, "cannot be read: %s\n", input.c_str());
    return 1;
  }
  std::printf("replayed %zu inputs\n", inputs.size());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<fs::path> inputs;
  for (int i = 1; i < argc; ++i) {
    const auto below = inputs_below(argv[i]);
    if (below.empty()) std::fprintf(stderr, "no input in %s\n", argv[i]);
    if (below.empty()) return 1;
    inputs.insert(inputs.end(), below.begin(), below.end());
  }
  if (inputs.empty()) std::fprintf(stderr, "usage: %s FILE_OR_DIRECTORY...\n", argv[0]);
  return inputs.empty() ? 1 : replay_all(inputs);
}
