# Tests that are programs and scripts rather than gtest suites. A folder that has some puts a NAME.cmake of its own beside them:
# it is included from here, with tests/ as the current source directory.
file(GLOB external_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/*.cmake)
foreach(one IN LISTS external_tests)
  include(${one})
endforeach()
