# Suites that also run with a sanitizer built in. Each sanitizer has a build tree of its own (presets asan, tsan), where the
# target `sanitized` builds the suites listed here; with -DWARMUPD_SANITIZED=asan\;tsan the release tree runs them as tests
# of its own, so that one ctest has everything. tests/run.sh does all that.
#
#   asan    AddressSanitizer and UndefinedBehaviorSanitizer together: what handles memory and numbers that others filled, and the whole
#           daemon in the simulated world
#   tsan    the real world: sockets, threads, DNS, the control socket
#
# The tree of tsan is built without unity builds (CMakePresets.json), so that a source file which only compiles behind another one of its
# batch does not stay unnoticed: it has every file of both programs, and without optimization it costs no more than with unity builds.
set(WARMUPD_SANITIZED "" CACHE STRING "build trees whose suites ctest runs too: asan;tsan")
set(sanitized_by_asan unit_warmup unit_queue unit_dkim unit_conf unit_smtp unit_route unit_deliver unit_submit unit_bounce unit_observe
  unit_base unit_doors unit_report unit_scheduler unit_control unit_daemon unit_sim unit_sim_world unit_simulate unit_ctl unit_real fuzz scenario
  parity swarm)
set(sanitized_by_tsan unit_real)
set(programs_of_tsan warmupd warmupctl wire_dns_ask wire_tls_peer)  # run by the scripts below

# halt_on_error: the first report fails the suite. Debian's libraries are not instrumented, so TSan must not judge what they do inside.
set(sanitizer_options_asan ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1)
set(sanitizer_options_tsan TSAN_OPTIONS=ignore_noninstrumented_modules=1:halt_on_error=1)

set(shards_of_scenario 8)  # whole days and disks: in pieces, so that both cores have some and none comes near its time limit
set(shards_of_swarm 2)
set(towns 50)   # of the swarm: a third of the usual number costs with ASan what all cost without
set(worlds 60)  # of parity, likewise

cmake_path(GET CMAKE_BINARY_DIR FILENAME this_tree)
if(DEFINED sanitized_by_${this_tree})
  add_custom_target(sanitized)
  add_dependencies(sanitized ${sanitized_by_${this_tree}} ${programs_of_${this_tree}})  # some are defined after this file is read
endif()
foreach(tree IN LISTS WARMUPD_SANITIZED)
  foreach(suite IN LISTS sanitized_by_${tree})
    set(shards 1)
    set(cost 100)
    if(DEFINED shards_of_${suite})
      set(shards ${shards_of_${suite}})
      set(cost 300)
    endif()
    foreach(shard RANGE 1 ${shards})
      set(name ${tree}_${suite})
      if(shards GREATER 1)
        string(APPEND name _${shard})
      endif()
      math(EXPR index "${shard} - 1")
      add_test(NAME ${name} COMMAND ${CMAKE_SOURCE_DIR}/build/${tree}/tests/${suite} --gtest_brief=1)
      set_tests_properties(${name} PROPERTIES LABELS ${tree} TIMEOUT 900 COST ${cost}
        ENVIRONMENT "${sanitizer_options_${tree}};SWARM_SEEDS=${towns};PARITY_SEEDS=${worlds};GTEST_TOTAL_SHARDS=${shards};GTEST_SHARD_INDEX=${index}")
    endforeach()
  endforeach()
endforeach()
# The real daemon under load with TSan: sockets, threads, scheduler, syncer, control socket together.
if("tsan" IN_LIST WARMUPD_SANITIZED)
  set(tsan_tree ${CMAKE_SOURCE_DIR}/build/tsan)
  add_test(NAME tsan_mail_flood COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/interop/mail_flood.py ${tsan_tree})
  add_test(NAME tsan_resolver_real_dns COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/wire/resolver_real_dns.py
    ${tsan_tree}/tests/wire_dns_ask)
  add_test(NAME tsan_tls_real_peers COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/wire/tls_real_peers.py
    ${tsan_tree}/tests/wire_tls_peer)
  set_tests_properties(tsan_mail_flood tsan_resolver_real_dns tsan_tls_real_peers PROPERTIES LABELS tsan TIMEOUT 300
    ENVIRONMENT ${sanitizer_options_tsan})
endif()
