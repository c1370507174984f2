# SPDX-License-Identifier: Apache-2.0
# The bedside device family: each protocol as it ships, and once more with its planted bugs.

function(percuss_add_reference_pair name)
  cmake_parse_arguments(ARG "" "BUG_PREFIX;BUGS;INTERFACE;DESCRIPTION" "" ${ARGN})
  set(defines "")
  foreach(number RANGE 1 ${ARG_BUGS})
    if(number LESS 10)
      set(number 0${number})
    endif()
    list(APPEND defines PERCUSS_BUG_${ARG_BUG_PREFIX}_${number})
  endforeach()
  percuss_add_harness(${name}
    ${ARG_UNPARSED_ARGUMENTS}
    INTERFACE "${ARG_INTERFACE}" DESCRIPTION "${ARG_DESCRIPTION}")
  percuss_add_harness(${name}_planted
    ${ARG_UNPARSED_ARGUMENTS}
    DEFINES ${defines}
    CORPUS ${name}
    INTERFACE "${ARG_INTERFACE}" DESCRIPTION "${ARG_DESCRIPTION} With its planted bugs.")
endfunction()

percuss_add_reference_pair(ble_health
  BUG_PREFIX BLE BUGS 6
  HARNESS ble_health_harness.cc
  MODEL ble_health
  SOURCES targets/reference/ble_health/ble_link.c
          targets/reference/ble_health/ble_cgm.c
          targets/reference/ble_health/ble_measurements.c
  INTERFACE "Bluetooth LE: ATT and SMP of the health services"
  DESCRIPTION "Bedside monitor: measurements of thermometer, cuff, oximeter and glucose sensor, record access.")

percuss_add_reference_pair(pump_serial
  BUG_PREFIX PUMP BUGS 14
  HARNESS pump_serial_harness.cc
  MODEL pump_serial
  SOURCES targets/reference/pump/pump_frame.c
          targets/reference/pump/pump_session.c
          targets/reference/pump/pump_therapy.c
          targets/reference/pump/pump_service.c
          targets/reference/pump/pump_library.c
  LIBS sodium
  INTERFACE "Serial: service and control port"
  DESCRIPTION "Infusion pump: sessions with challenge and response, therapy commands, drug library, event log.")

# What its answers tell of key and PIN; the planted bugs are those that only this shows.
foreach(variant "" _planted)
  set(pump_secrets_defines "")
  if(variant)
    set(pump_secrets_defines PERCUSS_BUG_PUMP_15 PERCUSS_BUG_PUMP_16)
  endif()
  percuss_add_harness(pump_secrets${variant}
    HARNESS pump_secrets_harness.cc
    SOURCES targets/reference/pump/pump_frame.c
            targets/reference/pump/pump_session.c
            targets/reference/pump/pump_therapy.c
            targets/reference/pump/pump_service.c
            targets/reference/pump/pump_library.c
    DEFINES ${pump_secrets_defines}
    FLAVOURS libfuzzer aflpp coverage
    CORPUS pump_secrets
    INTERFACE "Serial: service and control port"
    DESCRIPTION "Infusion pump: work and answers with one secret and with another.")
endforeach()

percuss_add_reference_pair(update_image
  BUG_PREFIX UPD BUGS 6
  HARNESS update_image_harness.cc
  MODEL update_image
  SOURCES targets/reference/update/update.c
          targets/reference/update/update_manifest.c
          targets/reference/update/update_payload.c
  LIBS sodium
  INTERFACE "Service USB: firmware update file"
  DESCRIPTION "Bedside device family: signed update containers with manifest, packed blocks and patch table.")
