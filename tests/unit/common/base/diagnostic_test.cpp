#include "common/base/diagnostic.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(Diagnostic, SaysWhereItIsAndWhatToDo) {
  EXPECT_EQ(to_string(Diagnostic{"a.toml", 2, 7, "is wrong", "write it right"}),
            "a.toml:2:7: error: is wrong (write it right)");
  EXPECT_EQ(to_string(Diagnostic{{}, 0, 0, "is wrong", {}}), "error: is wrong");
}

TEST(Diagnostic, MakesTheNameOfAFileSafeForATerminal) {
  EXPECT_EQ(to_string(Diagnostic{"\x1b[2J\nx.toml", 1, 0, "is wrong", {}}), "\\x1b[2J\\x0ax.toml:1: error: is wrong");
}

}  // namespace
}  // namespace sallyport
