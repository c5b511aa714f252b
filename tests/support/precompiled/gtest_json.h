#include "tests/support/precompiled/gtest.h"

#include <nlohmann/json.hpp>
