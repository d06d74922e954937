# The recorder, the links to it and the reader of its log: apart from the daemon, so that tests can
# run them alone.
modgate_room(recorder
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/courier_desk.cpp
    ${CMAKE_CURRENT_LIST_DIR}/log_key.cpp
    ${CMAKE_CURRENT_LIST_DIR}/log_line.cpp
    ${CMAKE_CURRENT_LIST_DIR}/log_reader.cpp
    ${CMAKE_CURRENT_LIST_DIR}/record_codec.cpp
    ${CMAKE_CURRENT_LIST_DIR}/recorder.cpp
    ${CMAKE_CURRENT_LIST_DIR}/recorder_anchoring.cpp
    ${CMAKE_CURRENT_LIST_DIR}/recorder_evidence.cpp
    ${CMAKE_CURRENT_LIST_DIR}/recorder_group.cpp
    ${CMAKE_CURRENT_LIST_DIR}/recorder_link.cpp
    ${CMAKE_CURRENT_LIST_DIR}/recorder_messages.cpp
    ${CMAKE_CURRENT_LIST_DIR}/recorder_process.cpp
    ${CMAKE_CURRENT_LIST_DIR}/recorder_rules.cpp
    ${CMAKE_CURRENT_LIST_DIR}/recorder_upkeep.cpp
    ${CMAKE_CURRENT_LIST_DIR}/refusal_flood.cpp
  USES modgate_audit modgate_wire)
