#pragma once

#include "server/policy/document.hpp"
#include "server/policy/toml_loader.hpp"

namespace sallyport {

/// Reads one parsed file into `document`: everything but rules and tests.
class SectionLoader {
 public:
  SectionLoader(TomlReader& reader, PolicyDocument& document) noexcept : reader_{reader}, document_{document} {}

  void load(const toml::table& file);

 private:
  void check_version(const toml::table& file);
  void load_section(const toml::key& key, const toml::node& node);
  void load_groups(const toml::node& node);
  void load_networks(const toml::node& node);
  void load_hours(const toml::node& node);
  void load_postures(const toml::node& node);
  void load_resources(const toml::node& node);
  void load_resource(const toml::key& key, const toml::table& table);

  TomlReader& reader_;
  PolicyDocument& document_;
};

}  // namespace sallyport
