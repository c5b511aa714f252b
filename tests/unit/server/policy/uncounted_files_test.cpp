#include "server/policy/uncounted_files.hpp"

#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace sallyport {
namespace {

class UncountedFiles : public testing::Test {
 protected:
  void put(const std::string& name) const { std::ofstream{directory_.file(name)} << "version = 1\n"; }
  [[nodiscard]] Diagnostics found() const { return find_uncounted_files(directory_.path()); }
  [[nodiscard]] std::string hint_for(const std::string& name) const {
    put(name);
    for (const auto& each : found()) {
      if (each.file == directory_.file(name)) return each.hint;
    }
    return "not found";
  }
  [[nodiscard]] std::string mv(const std::string& from, const std::string& to) const {
    return "if it is to count: mv " + directory_.file(from) + ' ' + directory_.file(to) + "; if it is not needed: rm " +
           directory_.file(from);
  }

  TemporaryDirectory directory_;
};

TEST_F(UncountedFiles, AreAllWhoseNameDoesNotEndInToml) {
  for (const auto* name : {"90-deny.tml", "91.toml.bak", "92.toml~", "93.toml.dpkg-old", "94.toml.rpmsave",
                           "95.toml.orig", "96.TOML", "97"})
    put(name);
  std::filesystem::create_symlink("/nowhere", directory_.file("98.link"));
  std::vector<std::string> files;
  for (const auto& each : found()) {
    files.push_back(std::filesystem::path{each.file}.filename());
    EXPECT_EQ(each.message, "does not count: its name does not end in .toml");
  }
  EXPECT_EQ(files, (std::vector<std::string>{"90-deny.tml", "91.toml.bak", "92.toml~", "93.toml.dpkg-old",
                                             "94.toml.rpmsave", "95.toml.orig", "96.TOML", "97", "98.link"}));
}

TEST_F(UncountedFiles, AreNotPolicyNotHiddenNotFoldersAndNotReadMe) {
  for (const auto* name : {"10.toml", ".90-deny.toml", ".apply-lock", ".10.toml.swp", "README", "readme.md"}) put(name);
  std::filesystem::create_directory(directory_.file("old"));
  EXPECT_TRUE(found().empty()) << to_warning(found().front());
  EXPECT_TRUE(find_uncounted_files(directory_.file("missing")).empty());
}

TEST_F(UncountedFiles, SayWhatToType) {
  EXPECT_EQ(hint_for("90-deny.tml"), mv("90-deny.tml", "90-deny.toml"));
  EXPECT_EQ(hint_for("91-deny.toml.bak"), mv("91-deny.toml.bak", "91-deny.toml"));
  EXPECT_EQ(hint_for("92-deny.TOML"), mv("92-deny.TOML", "92-deny.toml"));
  EXPECT_EQ(hint_for("93-deny"), mv("93-deny", "93-deny.toml"));
}

TEST_F(UncountedFiles, NeverSayToReplaceAFileThatCounts) {
  put("90-deny.toml");
  EXPECT_EQ(hint_for("90-deny.toml.bak"), directory_.file("90-deny.toml") +
                                              " counts beside it; if it is not needed: rm " +
                                              directory_.file("90-deny.toml.bak"));
}

TEST_F(UncountedFiles, AreSafeToPrintAndToCopyWhateverTheirName) {
  put("a b\x1b[2J;reboot");
  const auto warning = to_warning(found().front());
  EXPECT_EQ(warning.find('\x1b'), std::string::npos) << warning;
  EXPECT_NE(warning.find("rm '" + directory_.file("a b\\x1b[2J;reboot") + '\''), std::string::npos) << warning;
}

TEST_F(UncountedFiles, AreCountedWhereThereAreMany) {
  for (int i = 100; i < 125; ++i) put(std::to_string(i));
  const auto all = found();
  ASSERT_EQ(all.size(), 21U);
  EXPECT_EQ(all.back().message, "5 more files do not count: their names do not end in .toml");
}

}  // namespace
}  // namespace sallyport
