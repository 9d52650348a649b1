-- Clean: the UPDATE runs when the trigger fires.
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE owners SET touched = now() WHERE id = NEW.id;
    RETURN NEW;
END $$;
