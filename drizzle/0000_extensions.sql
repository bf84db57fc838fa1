-- A trusted extension: whoever may create objects in the database may create it, without being a superuser.
create extension if not exists citext;
