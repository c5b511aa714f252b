#include "client/cli/exit_code.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using nlohmann::json;

struct Row {
  const char* name;
  const char* answer;
  ExitCode code;
};

class ExitCodeOf : public testing::TestWithParam<Row> {};

TEST_P(ExitCodeOf, TellsScriptsWhatTheAnswerMeans) {
  EXPECT_EQ(exit_code_of(json::parse(GetParam().answer)), GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ExitCodeOf,
    testing::Values(Row{"Online", R"({"ok":true,"state":"online"})", ExitCode::Ok},
                    Row{"Done", R"({"ok":true,"was_down":false})", ExitCode::Ok},
                    Row{"Down", R"({"ok":true,"state":"down"})", ExitCode::NotConnected},
                    Row{"Reconnecting", R"({"ok":true,"state":"reconnecting"})", ExitCode::NotConnected},
                    Row{"Usage", R"({"ok":false,"reason":"usage"})", ExitCode::Usage},
                    Row{"NotRunning", R"({"ok":false,"reason":"not_running"})", ExitCode::NotConnected},
                    Row{"NotConnected", R"({"ok":false,"reason":"not_connected"})", ExitCode::NotConnected},
                    Row{"NotPermitted", R"({"ok":false,"reason":"not_permitted"})", ExitCode::NotPermitted},
                    Row{"Refused", R"({"ok":false,"reason":"device_disabled"})", ExitCode::Failed},
                    Row{"WrongCode", R"({"ok":false,"reason":"wrong_code"})", ExitCode::NotProved},
                    Row{"HasToWait", R"({"ok":false,"reason":"wait"})", ExitCode::NotProved},
                    Row{"NothingAsks", R"({"ok":true,"verdict":"not_asked"})", ExitCode::Ok},
                    Row{"Healthy", R"({"ok":true,"judged_at":"2026-11-21T11:12:00Z","failing":false})", ExitCode::Ok},
                    Row{"Sick", R"({"ok":true,"judged_at":"2026-11-21T11:12:00Z","failing":true})",
                        ExitCode::PostureFails},
                    Row{"NotJudged", R"({"ok":true,"judged_at":null,"failing":false})", ExitCode::NotConnected},
                    Row{"NoSense", R"({"ok":"true","state":"online"})", ExitCode::Failed},
                    Row{"Empty", "{}", ExitCode::Failed}),
    [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace sallyport
