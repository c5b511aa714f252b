#include "common/precompiled/standard.h"

#include <nlohmann/json.hpp>
