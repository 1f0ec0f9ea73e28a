# Tests that need a database. One server serves the whole ctest run (a fixture starts and stops it);
# each test gets a fresh database of its own in it, so that they may run side by side.
set(postgres_folder ${CMAKE_BINARY_DIR}/postgres)
# Without fsync: tests make hundreds of databases and kill processes, but none pulls the plug. What
# durability costs is measured in the bench, which keeps PostgreSQL's own settings.
add_test(NAME postgres.start
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/postgres-server start ${postgres_folder} fsync=off)
add_test(NAME postgres.stop
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/postgres-server stop ${postgres_folder})
set_tests_properties(postgres.start PROPERTIES FIXTURES_SETUP postgres)
set_tests_properties(postgres.stop PROPERTIES FIXTURES_CLEANUP postgres)
set(with_postgres ${CMAKE_CURRENT_LIST_DIR}/with-postgres --server ${postgres_folder})

# add_postgres_test(NAME COMMAND [ARG…]): the command finds its database in ISSUER_DATABASE.
function(add_postgres_test name)
  add_test(NAME ${name} COMMAND ${with_postgres} ${ARGN})
  set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED postgres)
endfunction()
