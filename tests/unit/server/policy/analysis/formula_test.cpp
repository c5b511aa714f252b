#include "server/policy/analysis/formula.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sallyport {
namespace {

constexpr std::uint32_t kVariables = 6;

std::vector<bool> values_of(unsigned bits) {
  std::vector<bool> values;
  for (std::uint32_t i = 0; i < kVariables; ++i) values.push_back(((bits >> i) & 1U) != 0);
  return values;
}

/// Any formula over few variables, and its truth table.
struct Sample {
  Formula formula = Formula::False;
  std::vector<bool> table;
};

Sample sample(FormulaStore& store, std::mt19937_64& random) {
  Sample made{Formula::False, {}};
  for (unsigned bits = 0; bits < (1U << kVariables); ++bits) {
    made.table.push_back(random() % 2 == 0);
    if (!made.table.back()) continue;
    Formula row = Formula::True;
    for (std::uint32_t i = 0; i < kVariables; ++i) {
      const auto variable = store.variable(i);
      row = ((bits >> i) & 1U) != 0 ? store.both(row, variable) : store.without(row, variable);
    }
    made.formula = store.either(made.formula, row);
  }
  return made;
}

bool any_holds(const Cases& cases, const std::vector<bool>& values) {
  for (const auto& each : cases.cases) {
    bool all = true;
    for (const auto& literal : each) all = all && values[literal.variable] == literal.value;
    if (all) return true;
  }
  return false;
}

TEST(FormulaStore, ComputesWhatTruthTablesSay) {
  FormulaStore store;
  std::mt19937_64 random{1};
  for (int round = 0; round < 50; ++round) {
    const auto a = sample(store, random);
    const auto b = sample(store, random);
    for (unsigned bits = 0; bits < (1U << kVariables); ++bits) {
      const auto values = values_of(bits);
      ASSERT_EQ(store.holds(a.formula, values), a.table[bits]);
      ASSERT_EQ(store.holds(store.both(a.formula, b.formula), values), a.table[bits] && b.table[bits]);
      ASSERT_EQ(store.holds(store.either(a.formula, b.formula), values), a.table[bits] || b.table[bits]);
      ASSERT_EQ(store.holds(store.without(a.formula, b.formula), values), a.table[bits] && !b.table[bits]);
    }
  }
}

TEST(FormulaStore, GivesEqualFormulasOneNumber) {
  FormulaStore store;
  const auto a = store.variable(0);
  const auto b = store.variable(1);
  EXPECT_EQ(store.negated(store.both(a, b)), store.either(store.negated(a), store.negated(b)));
  EXPECT_EQ(store.both(a, store.negated(a)), Formula::False);
}

TEST(FormulaStore, CoversBetweenTheLeastAndTheMost) {
  FormulaStore store;
  std::mt19937_64 random{2};
  for (int round = 0; round < 200; ++round) {
    const auto a = sample(store, random).formula;
    const auto b = sample(store, random).formula;
    const auto least = store.both(a, b);
    const auto most = store.either(a, b);
    const auto cases = store.cover(least, most, 1000);
    ASSERT_TRUE(cases.complete);
    for (unsigned bits = 0; bits < (1U << kVariables); ++bits) {
      const auto values = values_of(bits);
      ASSERT_TRUE(!store.holds(least, values) || any_holds(cases, values));
      ASSERT_TRUE(!any_holds(cases, values) || store.holds(most, values));
    }
  }
}

TEST(FormulaStore, SaysWhenThereAreMoreCasesThanWereAskedFor) {
  FormulaStore store;
  auto odd = Formula::False;
  for (std::uint32_t i = 0; i < kVariables; ++i) odd = store.choose(store.variable(i), store.negated(odd), odd);
  EXPECT_EQ(store.cover(odd, odd, 1000).cases.size(), 32U);
  const auto some = store.cover(odd, odd, 5);
  EXPECT_FALSE(some.complete);
  EXPECT_EQ(some.cases.size(), 5U);
}

TEST(FormulaStore, StopsAtItsBound) {
  FormulaStore store{40};
  auto odd = Formula::False;
  for (std::uint32_t i = 0; i < 60; ++i) odd = store.choose(store.variable(i), store.negated(odd), odd);
  EXPECT_TRUE(store.exhausted());
}

}  // namespace
}  // namespace sallyport
