-- What has come by a move, by primary key.
SELECT moved FROM gigq.moves WHERE id = :id
