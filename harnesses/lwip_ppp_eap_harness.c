/* SPDX-License-Identifier: Apache-2.0
 *
 * EAP over PPP (RFC 3748), both roles at once: the link authenticates itself to the peer and asks
 * the peer to do so.
 *
 * Input: EAP packets one after another, each as long as its length field says. Requests, Success
 * and Failure reach the client side, Responses the server side. Every input starts in the same
 * state, after the first Identity request. */
#include <string.h>

#include "harnesses/sdk/percuss_harness.h"
#include "lwip/init.h"
#include "lwip/timeouts.h"
#include "netif/ppp/ppp.h"
#include "netif/ppp/ppp_impl.h"
/* Needs the two above. */
#include "netif/ppp/eap.h"

#define EAP_HEADER_BYTES 4
#define MAX_PACKETS 16

static uint32_t random_count;
static struct netif link_interface;
static ppp_pcb* link_pcb;
static ppp_pcb fresh_link;

uint32_t lwip_port_random(void) { return 0x01010101u * ++random_count; }
u32_t sys_jiffies(void) { return 0; }
u32_t sys_now(void) { return 0; }
void sys_timeouts_init(void) {}
void sys_timeout(u32_t delay_ms, sys_timeout_handler handler, void* argument) {
  (void)delay_ms, (void)handler, (void)argument;
}
void sys_untimeout(sys_timeout_handler handler, void* argument) { (void)handler, (void)argument; }

static err_t link_write(ppp_pcb* pcb, void* context, struct pbuf* packet) {
  (void)pcb, (void)context;
  pbuf_free(packet);
  return ERR_OK;
}

static err_t link_output(ppp_pcb* pcb, void* context, struct pbuf* packet, u_short protocol) {
  (void)pcb, (void)context, (void)packet, (void)protocol;
  return ERR_OK;
}

static err_t link_free(ppp_pcb* pcb, void* context) {
  (void)pcb, (void)context;
  return ERR_OK;
}

static void link_event(ppp_pcb* pcb, void* context) { (void)pcb, (void)context; }

static void link_config(ppp_pcb* pcb, void* context, u32_t map, int protocol_field,
                        int address_field) {
  (void)pcb, (void)context, (void)map, (void)protocol_field, (void)address_field;
}

static void link_status(ppp_pcb* pcb, int error, void* context) {
  (void)pcb, (void)error, (void)context;
}

static void open_link(void) {
  static const struct link_callbacks callbacks = {
      .connect = link_event,
      .listen = link_event,
      .disconnect = link_event,
      .free = link_free,
      .write = link_write,
      .netif_output = link_output,
      .send_config = link_config,
      .recv_config = link_config,
  };
  lwip_init();
  link_pcb = ppp_new(&link_interface, &callbacks, NULL, link_status, NULL);
  if (link_pcb == NULL) abort();
  ppp_set_auth(link_pcb, PPPAUTHTYPE_EAP, "infusor", "s3cret");
  link_pcb->phase = PPP_PHASE_AUTHENTICATE;
  eap_protent.lowerup(link_pcb);
  eap_authwithpeer(link_pcb, "infusor");
  eap_authpeer(link_pcb, "gateway");
  fresh_link = *link_pcb;
}

PERCUSS_HARNESS(lwip_ppp_eap, 1) {
  if (link_pcb == NULL) open_link();
  *link_pcb = fresh_link;
  random_count = 0x40;

  for (int packets = 0; packets < MAX_PACKETS && size >= EAP_HEADER_BYTES; packets++) {
    size_t length = (size_t)data[2] << 8 | data[3];
    if (length > size || length < EAP_HEADER_BYTES) length = size;
    /* A copy of the exact size, so that reading past the packet's end is seen. */
    u_char* packet = malloc(length);
    if (packet == NULL) return -1;
    memcpy(packet, data, length);
    eap_protent.input(link_pcb, packet, (int)length);
    free(packet);
    data += length;
    size -= length;
  }
  return 0;
}
