#include "common/precompiled/json.h"

#include <CLI/CLI.hpp>
