#include "client/posture/apt_config.hpp"

#include "client/posture/text_lines.hpp"
#include "common/base/text.hpp"

#include <vector>

namespace sallyport {
namespace {

constexpr std::size_t kMaxScopes = 16;

/// Cuts apt's syntax into words, quoted texts and the signs { } and ;. Comments are passed over.
class Tokens {
 public:
  explicit Tokens(std::string_view text) noexcept : rest_{text} {}

  struct Token {
    char kind = 0;  ///< 'w', 'q', or the sign itself; 0 at the end
    std::string text;
  };

  Token next() {
    skip();
    if (rest_.empty()) return {};
    const char first = rest_.front();
    if (first == '{' || first == '}' || first == ';') {
      rest_.remove_prefix(1);
      return {first, {}};
    }
    return first == '"' ? quoted() : word();
  }

 private:
  void skip() {
    while (!rest_.empty()) {
      const bool directive = rest_.starts_with("#clear") || rest_.starts_with("#include");
      if (std::string_view{" \t\r\n"}.find(rest_.front()) != std::string_view::npos)
        rest_.remove_prefix(1);
      else if (rest_.starts_with("//") || (rest_.front() == '#' && !directive))
        skip_to("\n");
      else if (rest_.starts_with("/*"))
        skip_to("*/");
      else
        return;
    }
  }
  void skip_to(std::string_view end) {
    const auto found = rest_.find(end);
    rest_.remove_prefix(found == std::string_view::npos ? rest_.size() : found + end.size());
  }
  Token quoted() {
    rest_.remove_prefix(1);
    return {'q', std::string{take_part(rest_, '"')}};
  }
  Token word() {
    const auto end = rest_.find_first_of(" \t\r\n{};\"");
    Token token{'w', std::string{rest_.substr(0, end)}};
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
    return token;
  }

  std::string_view rest_;
};

std::string joined(const std::string& scope, const std::string& name) {
  return scope.empty() ? name : scope + "::" + name;
}

void clear(AptConfig& config, const std::string& name) {
  std::erase_if(config, [&](const auto& entry) { return entry.first == name || entry.first.starts_with(name + "::"); });
}

bool is_on(const AptConfig& config, std::string_view name) {
  const auto found = config.find(name);
  return found != config.end() && !found->second.empty() && found->second != "0" && found->second != "no" &&
         found->second != "false";
}

}  // namespace

void read_apt_config(std::string_view text, AptConfig& config) {
  Tokens tokens{text};
  std::vector<std::string> scopes;
  std::string name;
  bool clearing = false;
  const auto scope = [&] { return scopes.empty() ? std::string{} : scopes.back(); };
  for (auto token = tokens.next(); token.kind != 0; token = tokens.next()) {
    switch (token.kind) {
      case 'w':
        if (token.text == "#clear")
          clearing = true;
        else
          name = lower_ascii(token.text);
        break;
      case 'q':
        if (!name.empty() && !name.ends_with("::")) config[joined(scope(), name)] = token.text;
        break;
      case '{':
        if (scopes.size() == kMaxScopes) return;
        scopes.push_back(joined(scope(), name));
        name.clear();
        break;
      case '}':
        if (!scopes.empty()) scopes.pop_back();
        name.clear();
        break;
      default:
        if (clearing) clear(config, joined(scope(), name));
        clearing = false;
        name.clear();
    }
  }
}

bool upgrades_itself(const AptConfig& config) {
  const bool disabled = config.contains("apt::periodic::enable") && !is_on(config, "apt::periodic::enable");
  return !disabled && is_on(config, "apt::periodic::unattended-upgrade") &&
         is_on(config, "apt::periodic::update-package-lists");
}

}  // namespace sallyport
