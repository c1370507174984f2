# SPDX-License-Identifier: Apache-2.0
# The reference device's network protocols: HL7 over MLLP, DICOM upper layer, IEEE 11073-20601. Each is built twice,
# clean and with its planted bugs (targets/reference/<name>/EXPECT.json).

set(hl7_sources
  targets/reference/hl7/hl7_mllp.c
  targets/reference/hl7/hl7_text.c
  targets/reference/hl7/hl7_escape.c
  targets/reference/hl7/hl7_beds.c
  targets/reference/hl7/hl7_results.c
  targets/reference/hl7/hl7_session.c)
percuss_add_harness(hl7_mllp
  HARNESS hl7_mllp_harness.cc
  MODEL hl7_mllp
  SOURCES ${hl7_sources}
  INTERFACE "HL7 v2 over MLLP, TCP server of the bedside monitor"
  DESCRIPTION "ADT and ORU^R01 messages of one connection: framing, parsing, acknowledgement")
percuss_add_harness(hl7_mllp_planted
  HARNESS hl7_mllp_harness.cc
  MODEL hl7_mllp
  SOURCES ${hl7_sources}
  DEFINES PERCUSS_BUG_HL7_01 PERCUSS_BUG_HL7_02 PERCUSS_BUG_HL7_03 PERCUSS_BUG_HL7_04
    PERCUSS_BUG_HL7_05 PERCUSS_BUG_HL7_06 PERCUSS_BUG_HL7_07 PERCUSS_BUG_HL7_08
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
  MODEL dicom_ul
  SOURCES ${dicom_sources}
  FLAVOURS libfuzzer aflpp aflpp_cmplog cost coverage benchmark
  INTERFACE "DICOM upper layer, TCP server of the bedside monitor"
  DESCRIPTION "Associations of one peer: negotiation, C-ECHO, C-STORE and C-FIND with their data sets")
percuss_add_harness(dicom_ul_planted
  HARNESS dicom_ul_harness.cc
  MODEL dicom_ul
  SOURCES ${dicom_sources}
  DEFINES PERCUSS_BUG_DICOM_01 PERCUSS_BUG_DICOM_02 PERCUSS_BUG_DICOM_03 PERCUSS_BUG_DICOM_04
    PERCUSS_BUG_DICOM_05 PERCUSS_BUG_DICOM_06
  FLAVOURS libfuzzer aflpp aflpp_cmplog cost coverage benchmark
  CORPUS dicom_ul
  INTERFACE "DICOM upper layer, TCP server of the bedside monitor"
  DESCRIPTION "As dicom_ul, with the planted bugs of targets/reference/dicom/EXPECT.json")

# Beside the distribution's DCMTK, as delivered.
find_library(PERCUSS_DCMDATA_LIBRARY dcmdata)
if(NOT PERCUSS_DCMDATA_LIBRARY)
  message(FATAL_ERROR "libdcmdata is missing: install the package libdcmtk-dev")
endif()
foreach(variant "" _planted)
  set(dicom_data_set_defines "")
  if(variant)
    set(dicom_data_set_defines PERCUSS_BUG_DICOM_07)
  endif()
  percuss_add_harness(dicom_data_set${variant}
    HARNESS dicom_data_set_harness.cc
    MODEL dicom_data
    SOURCES targets/reference/dicom/dicom_bytes.c targets/reference/dicom/dicom_data_set.c
    DEFINES ${dicom_data_set_defines}
    LIBS dcmdata oflog ofstd
    FLAVOURS libfuzzer coverage
    CORPUS dicom_data_set
    INTERFACE "DICOM data sets that the bedside monitor stores"
    DESCRIPTION "Data sets with explicit and implicit VR, read by the monitor and by DCMTK 3.6.7 as packaged")
endforeach()

# Every byte of this one is ours and instrumented, so that MemorySanitizer's word counts: IEEE11073-02 is for it alone.
set(ieee11073_sources
  targets/reference/ieee11073/mdc_link.c
  targets/reference/ieee11073/mdc_config.c
  targets/reference/ieee11073/mdc_reports.c
  targets/reference/ieee11073/mdc_values.c)
percuss_add_harness(ieee11073_apdu
  HARNESS ieee11073_apdu_harness.cc
  MODEL ieee11073_apdu
  SOURCES ${ieee11073_sources}
  FLAVOURS libfuzzer aflpp aflpp_cmplog msan coverage benchmark
  INTERFACE "IEEE 11073-20601 manager of the bedside monitor, USB and Bluetooth transports"
  DESCRIPTION "APDUs of one sensor: association, configuration, scan reports of all formats")
percuss_add_harness(ieee11073_apdu_planted
  HARNESS ieee11073_apdu_harness.cc
  MODEL ieee11073_apdu
  SOURCES ${ieee11073_sources}
  DEFINES PERCUSS_BUG_IEEE11073_01 PERCUSS_BUG_IEEE11073_02 PERCUSS_BUG_IEEE11073_03
    PERCUSS_BUG_IEEE11073_04 PERCUSS_BUG_IEEE11073_05 PERCUSS_BUG_IEEE11073_06
  FLAVOURS libfuzzer aflpp aflpp_cmplog msan coverage benchmark
  CORPUS ieee11073_apdu
  INTERFACE "IEEE 11073-20601 manager of the bedside monitor, USB and Bluetooth transports"
  DESCRIPTION "As ieee11073_apdu, with the planted bugs of targets/reference/ieee11073/EXPECT.json")
