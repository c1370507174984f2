# SPDX-License-Identifier: Apache-2.0
# The reference device's network protocols: HL7 over MLLP, DICOM upper layer, IEEE 11073-20601. Each is built twice, clean and
# with its planted bugs (targets/reference/<name>/EXPECT.json).

set(hl7_sources
  targets/reference/hl7/hl7_mllp.c
  targets/reference/hl7/hl7_text.c
  targets/reference/hl7/hl7_escape.c
  targets/reference/hl7/hl7_beds.c
  targets/reference/hl7/hl7_results.c
  targets/reference/hl7/hl7_session.c)
percuss_add_harness(hl7_mllp
  HARNESS hl7_mllp_harness.cc
  SOURCES ${hl7_sources}
  INTERFACE "HL7 v2 over MLLP, TCP server of the bedside monitor"
  DESCRIPTION "ADT and ORU^R01 messages of one connection: framing, parsing, acknowledgement")
percuss_add_harness(hl7_mllp_planted
  HARNESS hl7_mllp_harness.cc
  SOURCES ${hl7_sources}
  DEFINES PERCUSS_BUG_HL7_01 PERCUSS_BUG_HL7_02 PERCUSS_BUG_HL7_03 PERCUSS_BUG_HL7_04
    PERCUSS_BUG_HL7_05 PERCUSS_BUG_HL7_06
  CORPUS hl7_mllp
  INTERFACE "HL7 v2 over MLLP, TCP server of the bedside monitor"
  DESCRIPTION "As hl7_mllp, with the planted bugs of targets/reference/hl7/EXPECT.json")
