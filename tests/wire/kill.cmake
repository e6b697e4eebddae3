# kill -9 in a loop under load, and its control: a log that is cut must be noticed.
if(TARGET warmupd AND TARGET warmupctl)
  set(kill_loop /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/wire/kill_loop.py $<TARGET_FILE_DIR:warmupd>)
  add_test(NAME wire_kill_loop COMMAND ${kill_loop} --kills 60)
  add_test(NAME wire_kill_loop_control COMMAND ${kill_loop} --kills 5 --forget)
  set_tests_properties(wire_kill_loop wire_kill_loop_control PROPERTIES LABELS wire TIMEOUT 400)
  set_tests_properties(wire_kill_loop PROPERTIES COST 800)
endif()
