# SPDX-License-Identifier: Apache-2.0
# What the harnesses of percuss's own readers are, and the files that they are made of: for harnesses/lists/own.cmake,
# which builds them, and for tests/readers, which links the same harnesses and files without an engine.

# Name of the harness, function of harnesses/own/readers.h, library that has it, what it drives.
set(own_harnesses
  "own_campaign|CampaignFile|own_campaign_readers|Campaign files"
  "own_journal|JournalFile|own_campaign_readers|The journal of a work folder"
  "own_board|BoardFile|own_campaign_readers|Descriptions of boards"
  "own_model|ModelFile|own_campaign_readers|Protocol models, and inputs along them"
  "own_session|SessionFile|own_campaign_readers|Sessions, as bytes and as text"
  "own_elf|ElfFile|own_campaign_readers|Firmware images and programs"
  "own_firmware|FirmwareImage|own_rehost_readers|Firmware images in ELF, Intel HEX, S-records, UF2 and raw"
  "own_fuzzware|FuzzwareConfiguration|own_rehost_readers|Configurations of fuzzware"
  "own_rehost|RehostDescription|own_rehost_readers|Descriptions of what a firmware runs on"
  "own_machine|MachineFile|own_rehost_readers|Machines for the fast core"
  "own_svd|DeviceDescription|own_rehost_readers|Registers of a device in CMSIS-SVD"
  "own_blocks|BlocksOfCode|own_rehost_readers|The basic blocks of a firmware"
  "own_streams|InputAsStreams|own_rehost_readers|Inputs of firmware as streams"
  "own_package|Package|own_readers|Evidence packages: container, manifest, statement"
  "own_records|Records|own_readers|Files of signed records"
  "own_beside|BesidePackage|own_readers|Time stamps and further signatures of packages, trust files"
  "own_validation|ValidationFiles|own_readers|Validation files"
  "own_sbom|BillOfMaterials|own_readers|Bills of materials: CycloneDX and SPDX"
  "own_feed|AdvisoryFeed|own_readers|Feeds: OSV, CSAF and the catalogue of exploited vulnerabilities"
  "own_reqif|Reqif|own_readers|ReqIF files and archives"
  "own_import|ImportSource|own_readers|CSV and Doorstop sources, maps of fields")

# Files of a group are compiled as one: most of the time goes into headers and templates that they share.
set(own_group_basics
  common/clock.cc common/field_reader.cc common/fs.cc common/hash.cc common/json_file.cc common/json_numbers.cc
  common/log.cc common/model/model.cc common/result.cc harnesses/own/input_files.cc)
set(own_group_campaign
  campaign/campaign_file.cc campaign/elf_reader.cc campaign/harness_facts.cc campaign/store/journal.cc
  emulation/board.cc emulation/elf_image.cc harnesses/own/campaign_readers.cc)
set(own_group_engine
  campaign/deadline_source.cc campaign/engine/board_target.cc campaign/engine/program_target.cc
  harnesses/own/no_tools.cc
  emulation/board_places.cc emulation/machine.cc emulation/near_name.cc emulation/plugin_words.cc emulation/program.cc)
set(own_group_rehost_engine campaign/engine/rehost_target.cc)
set(own_group_attached emulation/rehost/core/attached_machine.cc)
set(own_group_firmware
  emulation/rehost/core/machine_check.cc emulation/rehost/core/machine_file.cc emulation/rehost/firmware_file.cc
  emulation/rehost/firmware_text.cc emulation/rehost/memory_map.cc emulation/rehost/rehost_file.cc
  emulation/rehost/svd_tree.cc harnesses/own/rehost_readers.cc)
set(own_group_firmware_elf emulation/rehost/firmware_elf.cc)
set(own_group_guess emulation/rehost/memory_guess.cc)
set(own_group_fuzzware emulation/rehost/config_tree.cc emulation/rehost/fuzzware_config.cc)
set(own_group_fuzzware_memory emulation/rehost/fuzzware_memory.cc)
set(own_group_fuzzware_models emulation/rehost/fuzzware_models.cc)
set(own_group_fuzzware_interrupts emulation/rehost/fuzzware_interrupts.cc)
set(own_group_rehost emulation/rehost/firmware_functions.cc emulation/rehost/rehost_target.cc)
set(own_group_svd emulation/rehost/svd_file.cc)
set(own_group_blocks
  emulation/rehost/block_finder.cc emulation/rehost/code_descent.cc emulation/rehost/code_tables.cc
  emulation/rehost/code_view.cc harnesses/own/code_readers.cc)
set(own_group_code_trial emulation/rehost/code_trial.cc)
set(own_group_code_flow emulation/rehost/code_flow.cc emulation/rehost/core/flag_use.cc)
set(own_group_decoder emulation/rehost/core/decoder.cc)
set(own_group_decoder_fields16 emulation/rehost/core/decoder_fields16.cc)
set(own_group_decoder_fields32 emulation/rehost/core/decoder_fields32.cc)
set(own_group_decoder_fields_fp emulation/rehost/core/decoder_fields_fp.cc)
set(own_group_decoder_fields_loads emulation/rehost/core/decoder_fields_loads.cc)
set(own_group_decoder_table16 emulation/rehost/core/decoder_table16.cc)
set(own_group_decoder_table32 emulation/rehost/core/decoder_table32.cc)
set(own_group_decoder_table_fp emulation/rehost/core/decoder_table_fp.cc)
set(own_group_decoder_table_loads emulation/rehost/core/decoder_table_loads.cc)
set(own_group_streams emulation/rehost/core/input_streams.cc emulation/rehost/core/line_input.cc)
set(own_group_model
  protocols/codings.cc protocols/description_line.cc protocols/model_reader.cc protocols/shipped_models.cc)
set(own_group_expression protocols/checksums.cc protocols/expression_reader.cc)
set(own_group_tree protocols/tree.cc protocols/dump.cc protocols/reductions.cc)
set(own_group_dissector protocols/dissector.cc)
set(own_group_consistency protocols/consistency.cc protocols/byte_havoc.cc)
set(own_group_generator protocols/generator.cc)
set(own_group_mutator protocols/mutator.cc)
set(own_group_dialogue protocols/mutator_dialogue.cc protocols/walks.cc harnesses/own/protocol_readers.cc)
set(own_group_changes protocols/single_changes.cc)
set(own_group_session campaign/session/session_text.cc harnesses/sdk/session/session_frames.c)
set(own_group_package
  reports/evidence/archive_source.cc reports/evidence/package_path.cc reports/evidence/package_reader.cc
  reports/evidence/stored_zip.cc reports/evidence/stored_zip_scan.cc reports/envelope/base64.cc
  reports/envelope/dsse.cc reports/envelope/key.cc reports/envelope/statement.cc reports/envelope/visible_text.cc)
set(own_group_signed
  reports/envelope/countersignature.cc reports/verify/verify.cc harnesses/own/evidence_readers.cc)
set(own_group_trust reports/envelope/trust.cc)
set(own_group_documents
  reports/sbom/cyclonedx_reader.cc reports/sbom/sbom.cc reports/sbom/sbom_builder.cc reports/sbom/sbom_gaps.cc
  reports/sbom/spdx_reader.cc reports/sbom/spdx_tags.cc reports/monitor/csaf_reader.cc reports/monitor/feed.cc
  reports/monitor/osv_reader.cc harnesses/own/document_readers.cc)
set(own_group_validation
  reports/validation/acceptance.cc reports/validation/check_links.cc reports/validation/entry_reader.cc
  reports/validation/located_json.cc reports/validation/traced_package.cc reports/validation/validation_files.cc)
set(own_group_import reports/import/csv_source.cc reports/import/doorstop_source.cc reports/import/import_kind.cc
  reports/export/text.cc reports/validation/listed_entries.cc reports/verify/beside.cc)
set(own_group_records reports/records/record_chain.cc reports/records/cvss.cc reports/records/rubric.cc
  reports/records/severity.cc reports/import/import_map.cc)
set(own_group_stamp reports/envelope/time_stamp.cc)
set(own_group_words reports/export/identifiers.cc)
set(own_group_reqif reports/import/reqif_source.cc)
set(own_group_xml reports/import/xml_tree.cc)
set(own_group_yaml common/yaml_tree.cc)
