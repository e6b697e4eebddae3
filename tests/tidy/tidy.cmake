# The tree is what the style says: tidy.py reads it, tidy_test.py shows that every rule of it can fail.
add_test(NAME tidy_tree COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/tidy/tidy.py ${CMAKE_SOURCE_DIR}
  layers heavy banned shape classes declarations dead documents sentences citations picture allowed)
add_test(NAME tidy_layout COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/tidy/tidy.py ${CMAKE_SOURCE_DIR} layout)
add_test(NAME tidy_rules COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/tidy/tidy_test.py)
set_tests_properties(tidy_tree tidy_layout tidy_rules PROPERTIES LABELS tidy TIMEOUT 120 SKIP_RETURN_CODE 77)
