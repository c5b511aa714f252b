#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace sallyport::test {

/// A directory of its own for each test.
class ScratchDirectory : public testing::Test {
 protected:
  ScratchDirectory() {
    std::string path = std::filesystem::temp_directory_path() / "sallyport-test-XXXXXX";
    directory_ = ::mkdtemp(path.data());
  }
  ~ScratchDirectory() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  [[nodiscard]] std::string file(const std::string& name) const { return directory_ / name; }

 private:
  std::filesystem::path directory_;
};

}  // namespace sallyport::test
