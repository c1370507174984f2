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

set(dicom_sources
  targets/reference/dicom/dicom_bytes.c
  targets/reference/dicom/dicom_upper_layer.c
  targets/reference/dicom/dicom_associate.c
  targets/reference/dicom/dicom_dimse.c
  targets/reference/dicom/dicom_data_set.c
  targets/reference/dicom/dicom_services.c)
percuss_add_harness(dicom_ul
  HARNESS dicom_ul_harness.cc
  SOURCES ${dicom_sources}
  INTERFACE "DICOM upper layer, TCP server of the bedside monitor"
  DESCRIPTION "Associations of one peer: negotiation, C-ECHO, C-STORE and C-FIND with their data sets")
percuss_add_harness(dicom_ul_planted
  HARNESS dicom_ul_harness.cc
  SOURCES ${dicom_sources}
  DEFINES PERCUSS_BUG_DICOM_01 PERCUSS_BUG_DICOM_02 PERCUSS_BUG_DICOM_03 PERCUSS_BUG_DICOM_04
    PERCUSS_BUG_DICOM_05 PERCUSS_BUG_DICOM_06
  CORPUS dicom_ul
  INTERFACE "DICOM upper layer, TCP server of the bedside monitor"
  DESCRIPTION "As dicom_ul, with the planted bugs of targets/reference/dicom/EXPECT.json")
