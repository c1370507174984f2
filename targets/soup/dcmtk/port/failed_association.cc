// SPDX-License-Identifier: Apache-2.0
//
// What dcmqrscp does with an association that it failed to receive when it forks for each, which is
// its default: its first process, which receives them all, drops and destroys it. With
// --single-process, which a harness needs, it forgets it: 18 KiB for each. The linker puts this in
// the place of the function (--wrap).
#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmnet/assoc.h"

#define RECEIVE_ASSOCIATION                                             \
  "_Z22ASC_receiveAssociationP13T_ASC_NetworkPP17T_ASC_AssociationlPPv" \
  "Pmb16DUL_BLOCKOPTIONSi"

// Parameters as DCMTK has them.
using ReceiveAssociation = OFCondition(T_ASC_Network*, T_ASC_Association**, long, void**,
                                       unsigned long*, OFBool, DUL_BLOCKOPTIONS, int);
ReceiveAssociation received __asm__("__wrap_" RECEIVE_ASSOCIATION);
ReceiveAssociation receive __asm__("__real_" RECEIVE_ASSOCIATION);

OFCondition received(T_ASC_Network* network, T_ASC_Association** association, long max_pdu_bytes,
                     void** pdu, unsigned long* pdu_bytes, OFBool secure, DUL_BLOCKOPTIONS block,
                     int timeout_s) {
  *association = nullptr;
  const OFCondition condition =
      receive(network, association, max_pdu_bytes, pdu, pdu_bytes, secure, block, timeout_s);
  if (condition.bad() && *association != nullptr) {
    ASC_dropAssociation(*association);
    ASC_destroyAssociation(association);
  }
  return condition;
}
