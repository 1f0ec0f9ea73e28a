# Embeds schema/ in the program: the numbered migrations, what is applied again when changed
# (repeat/), and roles.sql, as bytes in a generated C file behind db/schema_files.h.
# Run by CMake while building (-P), it writes that file; included, it says how.
if(CMAKE_SCRIPT_MODE_FILE)
  set(arrays "")
  set(rows "")
  set(number 0)
  foreach(file ${FILES})
    file(READ ${FOLDER}/${file} bytes HEX)
    string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(APPEND arrays "static const char file_${number}[] = {\n${bytes}0};\n")
    string(APPEND rows "    {\"${file}\", file_${number}},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  # A file with bytes above 0x7f must not depend on whether char has a sign.
  string(REPLACE "static const char" "static const unsigned char" arrays "${arrays}")
  string(REGEX REPLACE "(file_[0-9]+)}" "(const char *)\\1}" rows "${rows}")
  file(WRITE ${OUT} "/* Made from schema/ by embed.cmake. */\n#include \"db/schema_files.h\"\n\n"
    "${arrays}\nstatic const SchemaFile files[] = {\n${rows}};\n\n"
    "const SchemaFile *schema_files(gsize *count)\n{\n"
    "    *count = G_N_ELEMENTS(files);\n    return files;\n}\n")
  return()
endif()

set(embed_script ${CMAKE_CURRENT_LIST_FILE})

function(embed_schema target)
  set(folder ${CMAKE_SOURCE_DIR}/schema)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/schema_files.c)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${folder}
    ${folder}/[0-9][0-9][0-9][0-9]_*.sql ${folder}/repeat/*.sql ${folder}/roles.sql)
  list(SORT files)
  set(sources ${files})
  list(TRANSFORM sources PREPEND ${folder}/)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${folder} "-DFILES=${files}" -DOUT=${out}
      -P ${embed_script}
    DEPENDS ${sources} ${embed_script} COMMENT "Embedding schema/" VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
