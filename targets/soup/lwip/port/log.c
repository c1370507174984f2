/* SPDX-License-Identifier: Apache-2.0
 *
 * PPP's log on a device that has none: takes the place of netif/ppp/utils.c. */
#include <string.h>

#include "netif/ppp/ppp_impl.h"

void ppp_dbglog(const char* format, ...) { (void)format; }
void ppp_info(const char* format, ...) { (void)format; }
void ppp_notice(const char* format, ...) { (void)format; }
void ppp_warn(const char* format, ...) { (void)format; }
void ppp_error(const char* format, ...) { (void)format; }
void ppp_fatal(const char* format, ...) {
  (void)format;
  LWIP_PLATFORM_ASSERT("PPP gave up");
}
