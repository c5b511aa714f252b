#include "tests/unit/model/step.hpp"

namespace sallyport::model {
namespace {

struct Row {
  std::string_view words;
  unsigned weight;  ///< how often, beside the others
};

/// In the order of Kind.
constexpr std::array<Row, kKinds> kRows{{
    {"connect", 90},
    {"connect as a plain client", 12},
    {"connect and ask for nothing", 8},
    {"connect by some certificate of the device", 15},
    {"connect by another authority's certificate", 5},
    {"shake hands, to be admitted later", 15},
    {"admit the oldest that shook hands", 25},
    {"send a part of a request", 8},
    {"answer challenges from now on", 30},
    {"answer no challenge from now on", 10},
    {"report another posture from now on", 30},
    {"pull the key out", 8},
    {"plug the key in", 20},
    {"answer the challenge that was held back", 25},
    {"forge an answer", 15},
    {"sign nonsense", 6},
    {"send an answer again", 15},
    {"send an answer on another connection", 15},
    {"type the right code", 60},
    {"type a wrong code", 10},
    {"type the code of before", 10},
    {"give the person a new secret", 4},
    {"replace the policy", 60},
    {"deny everything", 3},
    {"load a new revocation list", 20},
    {"load the same list", 5},
    {"load an older list", 5},
    {"load a forged list", 5},
    {"load a list that is soon over", 1},
    {"load a list that names a certificate of the device", 4},
    {"revoke the device", 8},
    {"disable the device", 10},
    {"enable the device", 15},
    {"disable the device without a reload", 5},
    {"disable the person", 4},
    {"enable the person", 12},
    {"enrol the device anew", 25},
    {"renew the certificate", 12},
    {"renew and change over", 15},
    {"roam", 15},
    {"cut the laptop's network", 15},
    {"mend the laptop's network", 35},
    {"close the client", 10},
    {"kill the client", 10},
    {"end the session as administrator", 8},
    {"restart the gateway", 5},
    {"set the wall clock forward", 7},
    {"set the wall clock back", 7},
    {"accept the clock", 3},
    {"let seconds pass", 110},
    {"let minutes pass", 12},
    {"sleep long", 6},
    {"send a packet", 230},
    {"answer from the office", 90},
    {"open a connection from the office", 15},
    {"send an error from the office", 25},
    {"send fragments", 20},
    {"send an unknown capsule", 8},
    {"send a malformed capsule", 3},
}};

constexpr unsigned total_weight() {
  unsigned sum = 0;
  for (const auto& row : kRows) sum += row.weight;
  return sum;
}

Kind random_kind(std::mt19937_64& random) {
  auto ticket = static_cast<unsigned>(random() % total_weight());
  for (std::size_t i = 0; i < kKinds; ++i) {
    if (ticket < kRows[i].weight) return static_cast<Kind>(i);
    ticket -= kRows[i].weight;
  }
  return Kind::PassSeconds;
}

}  // namespace

std::string_view words_of(Kind kind) noexcept { return kRows[static_cast<std::size_t>(kind)].words; }

std::vector<Step> random_steps(std::mt19937_64& random, std::size_t count) {
  std::vector<Step> steps(count);
  for (auto& step : steps) {
    step.kind = random_kind(random);
    for (auto& number : step.numbers) number = static_cast<std::uint32_t>(random());
  }
  return steps;
}

}  // namespace sallyport::model
