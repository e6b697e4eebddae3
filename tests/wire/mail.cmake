# The daemon against real sockets, certificates and name servers, on the loopback.
if(TARGET warmupd AND TARGET warmupctl)
  set(wire_scripts
    daemon_life.py   # start, --check, reload, drain, exit codes
    start.py         # --check finds what a start would find; a failed start leaves nothing
    ports.py         # what a test listens on is nobody else's
    routes.py        # MX good and bad, mail that comes back
    odd_answers.py   # name servers that prove nothing, addresses that no MX may name
    odd_servers.py   # extensions that fail, refusals before a reset, stray lines, silence after the dot
    tls_policy.py    # STARTTLS towards receivers, by delivery.tls
    smarthost.py     # one relay for everything, AUTH over verified TLS
    large_messages.py    # 50 MiB in bounded memory
    broken_disk.py   # what a broken or full disk does: said, set aside, given back
    printed.py       # what WARMUP.md shows of simulate is what it prints
    rehearsal.py)        # the warm-up with days of 12 seconds: the caps at a sink, under kills, against 421
  foreach(script IN LISTS wire_scripts)
    string(REPLACE ".py" "" name wire_${script})
    add_test(NAME ${name} COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/wire/${script} $<TARGET_FILE_DIR:warmupd>)
    set_tests_properties(${name} PROPERTIES LABELS wire TIMEOUT 200)
  endforeach()
  set_tests_properties(wire_large_messages PROPERTIES PROCESSORS 2)
  set_tests_properties(wire_rehearsal PROPERTIES TIMEOUT 600 COST 1000 RESOURCE_LOCK waits)
  set_tests_properties(wire_broken_disk PROPERTIES TIMEOUT 900)
endif()
