#pragma once

#include "tests/system/support/audit_check.hpp"
#include "tests/system/support/watch.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace sallyport::lab {

/// A test with a lab of its own, because it breaks something.
class OwnLab : public ::testing::Test {
 protected:
  void SetUp() override {
    SALLYPORT_NEEDS_LAB();
    lab_ = std::make_unique<Lab>(LabOptions{.client_up = client_up()});
    ASSERT_TRUE(lab_->is_up()) << lab_->problem();
  }
  void TearDown() override {
    if (lab_ && lab_->is_up()) expect_whole_audit(*lab_);
    if (HasFailure() && lab_)
      std::cout << "--- gateway\n" << tail("log/sallyport-gateway.log") << "--- client\n" << tail("log/sallyportd.log");
  }
  [[nodiscard]] virtual bool client_up() const { return true; }
  Lab& lab() { return *lab_; }

 private:
  [[nodiscard]] std::string tail(const std::string& file) const {
    const auto text = lab_->read(file);
    return text.size() > 3000 ? text.substr(text.size() - 3000) : text;
  }
  std::unique_ptr<Lab> lab_;
};

/// Tests that share one lab and leave it as it was. `Name` tells the suites apart: each has its own lab.
template <class Name>
class SharedLab : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (Lab::impossible().empty()) lab_ = new Lab{};
  }
  static void TearDownTestSuite() {
    if (lab_ != nullptr && lab_->is_up()) expect_whole_audit(*lab_);
    delete lab_;
    lab_ = nullptr;
  }
  void SetUp() override {
    SALLYPORT_NEEDS_LAB();
    ASSERT_TRUE(lab_->is_up()) << lab_->problem();
  }
  static Lab& lab() { return *lab_; }

 private:
  static inline Lab* lab_ = nullptr;
};

}  // namespace sallyport::lab
