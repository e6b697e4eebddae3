# DKIM between us and others: a corpus of awkward messages, signed by us, verified by dkimpy, Mail::DKIM and mailauth.
#
#   verifier               rsa-sha256   ed25519-sha256
#   dkimpy 1.1             yes          yes (with python3-nacl)
#   Mail::DKIM 1.20230212  yes          no: it says "unsupported algorithm", and the script insists on these words
#   mailauth 5.0.3         yes          yes
#
# Each script also changes an octet of a signed header, of the body and of b= of every message and wants every signature to fail.
add_executable(dkim_sign_corpus interop/dkim_sign_corpus.cpp)
signs(dkim_sign_corpus)
add_executable(dkim_sign_corpus_unhooked interop/dkim_sign_corpus.cpp)   # the same program without the key cache
target_link_libraries(dkim_sign_corpus_unhooked PRIVATE dkim)

# Debian's python3 is the one that sees Debian's python3-dkim.
find_program(DEBIAN_PYTHON python3 HINTS /usr/bin NO_DEFAULT_PATH)
if(NOT DEBIAN_PYTHON)
  set(DEBIAN_PYTHON python3)
endif()
set(dkim_dir ${CMAKE_CURRENT_BINARY_DIR}/interop/dkim)
set(dkim_keys ${CMAKE_CURRENT_SOURCE_DIR}/data/dkim/rsa2048.pem ${CMAKE_CURRENT_SOURCE_DIR}/data/dkim/ed25519.pem)
set(dkim_scripts ${CMAKE_CURRENT_SOURCE_DIR}/interop)

add_test(NAME interop_dkim_corpus COMMAND ${DEBIAN_PYTHON} ${dkim_scripts}/dkim_corpus.py ${dkim_dir}/corpus)
add_test(NAME interop_dkim_sign COMMAND dkim_sign_corpus active ${dkim_dir}/corpus ${dkim_dir}/signed ${dkim_keys})
add_test(NAME interop_dkim_sign_unhooked
  COMMAND dkim_sign_corpus_unhooked inactive ${dkim_dir}/corpus ${dkim_dir}/unhooked ${dkim_keys})
add_test(NAME interop_dkim_same_without_hook COMMAND diff -r ${dkim_dir}/signed ${dkim_dir}/unhooked)
add_test(NAME interop_dkim_dkimpy COMMAND ${DEBIAN_PYTHON} ${dkim_scripts}/dkim_dkimpy.py ${dkim_dir}/signed)
add_test(NAME interop_dkim_mail_dkim COMMAND perl ${dkim_scripts}/dkim_mail_dkim.pl ${dkim_dir}/signed)
add_test(NAME interop_dkim_mailauth COMMAND ${dkim_scripts}/dkim_mailauth.sh ${dkim_dir}/npm ${dkim_dir}/signed)

set_tests_properties(interop_dkim_corpus PROPERTIES FIXTURES_SETUP dkim_corpus)
set_tests_properties(interop_dkim_sign PROPERTIES FIXTURES_REQUIRED dkim_corpus FIXTURES_SETUP dkim_signed)
# By itself libopendkim leaks a parsed key per Ed25519 signature.
set_tests_properties(interop_dkim_sign_unhooked PROPERTIES FIXTURES_REQUIRED dkim_corpus FIXTURES_SETUP dkim_unhooked
  ENVIRONMENT ASAN_OPTIONS=detect_leaks=0)
set_tests_properties(interop_dkim_same_without_hook PROPERTIES FIXTURES_REQUIRED "dkim_signed;dkim_unhooked")
set(dkim_verifiers interop_dkim_dkimpy interop_dkim_mail_dkim interop_dkim_mailauth)
set_tests_properties(${dkim_verifiers} PROPERTIES FIXTURES_REQUIRED dkim_signed)
set_tests_properties(interop_dkim_corpus interop_dkim_sign interop_dkim_sign_unhooked interop_dkim_same_without_hook ${dkim_verifiers}
  PROPERTIES LABELS interop TIMEOUT 300)
