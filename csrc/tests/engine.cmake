# Tests of the engine and of what runs in the kernel. Its objects are linked into each test, so that
# sanitizers see them and tests reach behind the ABI.
screen_bpf(core ${CMAKE_CURRENT_SOURCE_DIR}/tests/core.bpf.c)
screen_bpf(cookie ${CMAKE_CURRENT_SOURCE_DIR}/tests/cookie.bpf.c)

add_library(engine_tested OBJECT ${ENGINE_PATHS})
target_include_directories(engine_tested PRIVATE core include bpf)
target_include_directories(engine_tested SYSTEM PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
target_compile_definitions(engine_tested PRIVATE SCREEN_LEDGER)
target_link_libraries(engine_tested PRIVATE PkgConfig::ENGINE)
add_dependencies(engine_tested shim_skeleton host_skeleton admit_skeleton sent_skeleton)

set(ENGINE_OBJECTS OBJECTS $<TARGET_OBJECTS:engine_tested>)
screen_test(test_publish LABELS unit tsan ${ENGINE_OBJECTS})
screen_test(test_explain ${ENGINE_OBJECTS})
screen_test(test_handover ${ENGINE_OBJECTS})
screen_test(test_takeover ${ENGINE_OBJECTS})
screen_test(test_look ${ENGINE_OBJECTS})
screen_test(test_keyring ${ENGINE_OBJECTS})
screen_test(test_rekey ${ENGINE_OBJECTS})
screen_test(test_keyset_threads LABELS unit tsan ${ENGINE_OBJECTS})
screen_test(test_busypoll ${ENGINE_OBJECTS})
screen_test(test_turn ${ENGINE_OBJECTS})
screen_test(test_wire LABELS wire tsan ${ENGINE_OBJECTS})
screen_test(test_wire_stamp LABELS wire ${ENGINE_OBJECTS})
screen_test(test_driver_proof LABELS wire ${ENGINE_OBJECTS})

screen_test(test_bpf LABELS bpf)
add_dependencies(test_bpf core_skeleton shim_skeleton host_skeleton admit_skeleton)

screen_test(test_bpf_cookie LABELS bpf)
add_dependencies(test_bpf_cookie cookie_skeleton)

screen_test(test_hostmaps LABELS bpf ${ENGINE_OBJECTS})
screen_test(test_host_shim LABELS bpf ${ENGINE_OBJECTS})
screen_test(test_driver LABELS bpf ${ENGINE_OBJECTS})
screen_test(test_driver_flow LABELS bpf ${ENGINE_OBJECTS})
screen_test(test_driver_fuzz LABELS bpf ${ENGINE_OBJECTS})
screen_test(test_driver_swap LABELS bpf ${ENGINE_OBJECTS})
