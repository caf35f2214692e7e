-- For the doctor, in a transaction that reads: tables with rows that refer to others which are not there. Reads all rows.
SELECT DISTINCT "table" AS id FROM pragma_foreign_key_check WHERE "table" LIKE 'gigq!_%' ESCAPE '!'
