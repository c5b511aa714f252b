#pragma once

#include <string>

namespace sallyport {

/// What was typed. Each command looks at its own members.
struct Arguments {
  std::string socket;
  std::string config;
  bool json_output = false;
  std::string profile;
  std::string to;
  std::string id;
  std::string out;
  std::string key;
  std::string certificate;
  std::string ca;
  std::string purpose;  ///< login --for
  bool code_stdin = false;
  bool renew = false;
  std::string gateway;
  std::string token;
  std::string pin;
  std::string name;
  bool replace = false;
  std::string pin_file;   ///< enroll: of the token with the key
  bool take_key = false;  ///< enroll: a key that is on the token already
  bool pin_stdin = false;
};

}  // namespace sallyport
