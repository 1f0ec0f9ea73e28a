#include "base/error.h"

/* The formatter would take the hyphens for operators. */
/* clang-format off */
G_DEFINE_QUARK(issuer-error-quark, issuer_error)
/* clang-format on */
