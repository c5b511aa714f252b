#pragma once

#include "client/linux/posture/collectors.hpp"
#include "client/posture/posture_source.hpp"

namespace sallyport {

/// Linux asked about itself.
class LinuxPosture final : public PostureSource {
 public:
  /// `root`: "" for this system.
  explicit LinuxPosture(std::string root = {}, ReadRuleset ruleset = run_nft)
      : root_{std::move(root)}, ruleset_{std::move(ruleset)} {}

  [[nodiscard]] Posture collect(const std::vector<std::string>& processes) const override;
  [[nodiscard]] PostureAnswers look_for(const std::vector<std::string>& files) const override {
    return collect_files(root_, files);
  }
  [[nodiscard]] std::unique_ptr<PostureWatch> watch() const override;

 private:
  SystemRoot root_;
  ReadRuleset ruleset_;
};

}  // namespace sallyport
