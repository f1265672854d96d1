# Tests of the engine and of what runs in the kernel. Its sources are built into each test, so that
# sanitizers see them and tests reach behind the ABI.
screen_bpf(core ${CMAKE_CURRENT_SOURCE_DIR}/tests/core.bpf.c)
screen_bpf(cookie ${CMAKE_CURRENT_SOURCE_DIR}/tests/cookie.bpf.c)

screen_test(test_publish LABELS unit tsan SOURCES ${ENGINE_PATHS})
screen_test(test_explain SOURCES ${ENGINE_PATHS})
screen_test(test_handover SOURCES ${ENGINE_PATHS})
screen_test(test_takeover SOURCES ${ENGINE_PATHS})
screen_test(test_look SOURCES ${ENGINE_PATHS})
screen_test(test_keyring SOURCES ${ENGINE_PATHS})
screen_test(test_rekey SOURCES ${ENGINE_PATHS})
screen_test(test_keyset_threads LABELS unit tsan SOURCES ${ENGINE_PATHS})
screen_test(test_wire LABELS wire tsan SOURCES ${ENGINE_PATHS})
screen_test(test_wire_stamp LABELS wire SOURCES ${ENGINE_PATHS})
foreach(test test_publish test_explain test_handover test_takeover test_look test_keyring test_rekey
             test_keyset_threads test_wire test_wire_stamp)
  add_dependencies(${test} shim_skeleton)
endforeach()

screen_test(test_bpf LABELS bpf)
add_dependencies(test_bpf core_skeleton shim_skeleton)

screen_test(test_bpf_cookie LABELS bpf)
add_dependencies(test_bpf_cookie cookie_skeleton)
