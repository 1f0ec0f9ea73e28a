#include "base/error.h"

// clang-format off: the name holds hyphens, which it takes for operators
G_DEFINE_QUARK(issuer - error - quark, issuer_error)
