// SPDX-License-Identifier: Apache-2.0
//
// A key that stays in its token: PKCS #11 v3.0 (CKM_EDDSA, section 2.3.14), named by a URI after
// RFC 7512, through the p11-kit library. The modules that p11-kit knows are asked, or the one that
// the URI names in module-path.
//
// The PIN comes from pin-source=file:PATH in the URI, else from the environment variable
// PERCUSS_PIN. A URI with the PIN itself is refused: everybody on the host could read it.
#pragma once

#include <memory>
#include <string>

#include "common/result.h"
#include "reports/envelope/key.h"

namespace percuss::reports {

// Finds the one private Ed25519 key that the URI describes and logs in. kBadInput for a URI that is
// none, names no key or more than one; kNotFound for no such token or key; kUnavailable for a token
// that refuses the PIN or cannot make Ed25519 signatures. The signer is for one thread at a time.
[[nodiscard]] common::Result<std::shared_ptr<const Signer>> OpenPkcs11Key(const std::string& uri);

}  // namespace percuss::reports
