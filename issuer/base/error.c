#include "base/error.h"

G_DEFINE_QUARK(issuer-error-quark, issuer_error)
