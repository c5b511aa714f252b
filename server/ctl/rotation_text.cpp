#include "server/ctl/rotation_text.hpp"

#include "common/base/file.hpp"
#include "common/pki/certificate_info.hpp"
#include "server/ctl/rotation_steps.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

Json certificate_at(const std::string& path, const std::string& fingerprint) {
  const auto text = read_file(path);
  const auto certificates = text ? parse_certificates(*text)
                                 : Result<std::vector<CertificateInfo>, PkiError>{fail(PkiError{PkiProblem::File, {}})};
  if (!certificates) return {{"fingerprint", fingerprint}, {"subject", nullptr}, {"not_after", nullptr}};
  const auto& first = certificates->front();
  return {{"fingerprint", fingerprint}, {"subject", first.subject}, {"not_after", format_utc(first.not_after)}};
}

/// What to do now.
std::string next_step(const Rotation& rotation, const RotationSurvey& survey) {
  switch (rotation.phase) {
    case RotationPhase::None:
      return "sallyportctl ca rotate";
    case RotationPhase::Spreading:
      return "sallyportctl ca rotate --issue";
    case RotationPhase::Issuing:
      return survey.stranded == 0 ? "sallyportctl ca rotate --finish"
                                  : "wait for those devices, then: sallyportctl ca rotate --finish";
    case RotationPhase::Retiring:
      return "sallyportctl ca rotate --finish";
  }
  return {};
}

const char* words_for(RotationPhase phase) {
  switch (phase) {
    case RotationPhase::None:
      return "No change of authorities is under way.";
    case RotationPhase::Spreading:
      return "Step 1 of 3: both authorities are trusted; laptops are told of the new one, which signs nothing yet.";
    case RotationPhase::Issuing:
      return "Step 2 of 3: laptops that have the new authority get certificates of it.";
    case RotationPhase::Retiring:
      return "Step 3 of 3: the old authority counts no more; files are still to be put in place.";
  }
  return "";
}

}  // namespace

Json rotation_document(const GatewayConfig& config, const Rotation& rotation, const RotationSurvey& survey) {
  const RotationFiles files{config};
  const bool is_under_way = rotation.is_under_way();
  return {{"phase", name_of(rotation.phase)},
          {"old", is_under_way ? certificate_at(config.ca_directory() + "/ca.pem", rotation.current) : Json(nullptr)},
          {"new", is_under_way ? certificate_at(files.certificate, rotation.next) : Json(nullptr)},
          {"begun_at", is_under_way ? Json(format_utc(rotation.begun_at)) : Json(nullptr)},
          {"renew_within", rotation.renew_within.count()},
          {"devices", survey.counted},
          {"with_new_authority", is_under_way ? Json(survey.with_next) : Json(nullptr)},
          {"with_new_certificate", is_under_way ? Json(survey.with_certificate) : Json(nullptr)},
          {"stranded", is_under_way ? Json(survey.stranded) : Json(nullptr)},
          {"missing", is_under_way ? documents_of_missing(survey) : Json::array()},
          {"retired", rotation.retired},
          {"with_retired", survey.with_retired},
          {"next", next_step(rotation, survey)}};
}

void say_rotation(Console& console, const Json& document, const Rotation& rotation, const RotationSurvey& survey,
                  WallTime now) {
  console.say(fmt::format("{}\n", words_for(rotation.phase)));
  if (!rotation.is_under_way()) {
    if (survey.with_retired != 0) {
      console.say(fmt::format("{}/{} devices still trust a retired authority; each lets it go when it connects next\n",
                              survey.with_retired, survey.counted));
    }
    return console.say("To put a new authority in the place of the present one: sallyportctl ca rotate\n");
  }
  for (const char* which : {"old", "new"}) {
    const auto& each = document.at(which);
    console.say(fmt::format("  {}  {}  {}\n", which, each.at("fingerprint").get<std::string>().substr(0, 16),
                            each.at("subject").is_string() ? each.at("subject").get<std::string>() : "?"));
  }
  console.say(fmt::format("{}/{} devices have the new root\n{}/{} devices have a certificate of it\n", survey.with_next,
                          survey.counted, survey.with_certificate, survey.counted));
  if (survey.stranded != 0) console.show(table_of_missing(survey, now));
  console.say("Next: " + next_step(rotation, survey) + '\n');
}

}  // namespace sallyport
