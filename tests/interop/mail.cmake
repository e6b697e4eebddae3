# Mail between warmupd and programs that others wrote, by real sockets on the loopback.
if(TARGET warmupd AND TARGET warmupctl)
  set(mail_scripts
    mail_postfix.py    # Postfix sends everything, or one domain, through us (SASL PLAIN over STARTTLS)
    mail_flood.py      # smtp-source → us → smtp-sink, 2,000 messages
    mail_clients.py    # nodemailer and smtplib send; aiosmtpd and smtp-server (npm) receive
    mail_postgrey.py   # Postfix with postgrey greylists us
    mail_bounces.py    # sisimai and flufl.bounce read our bounces
    mail_readme.py     # the recipes of the README as printed: Postfix, Node, Python
    mail_pflogsumm.py  # pflogsumm reads our maillog and counts what happened
    mail_swaks.py)     # swaks tries the listeners; dkimpy verifies what arrives
  foreach(script IN LISTS mail_scripts)
    string(REPLACE ".py" "" name interop_${script})
    set(arguments $<TARGET_FILE_DIR:warmupd>)
    if(script MATCHES "mail_(clients|readme).py")
      list(APPEND arguments ${CMAKE_CURRENT_BINARY_DIR}/interop/npm)
    endif()
    add_test(NAME ${name} COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/interop/${script} ${arguments})
    set_tests_properties(${name} PROPERTIES LABELS interop TIMEOUT 300)
  endforeach()
  set_tests_properties(interop_mail_flood interop_mail_postfix PROPERTIES PROCESSORS 2)
  set_tests_properties(interop_mail_postgrey PROPERTIES COST 900 RESOURCE_LOCK waits)
endif()
