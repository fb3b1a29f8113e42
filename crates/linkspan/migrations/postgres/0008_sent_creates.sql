-- What a create sent, as JSON; NULL: a build before this one began it.
ALTER TABLE intent ADD COLUMN sent text;
