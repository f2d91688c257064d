-- What the repetitions of an exercise count, and what its weight is. Rows that an operator has added get what is usual.
ALTER TABLE exercise ADD COLUMN measure TEXT NOT NULL DEFAULT 'reps' CHECK (measure IN ('reps', 'seconds', 'metres'));
ALTER TABLE exercise ADD COLUMN load TEXT NOT NULL DEFAULT 'external'
    CHECK (load IN ('external', 'added', 'assistance', 'none'));
-- The policies of the table ask for it.
SELECT set_config('app.shipping', 'on', true);
UPDATE exercise SET load = 'added' WHERE equipment = 'bodyweight';
UPDATE exercise SET measure = 'metres' WHERE movement_pattern = 'carry';
SELECT set_config('app.shipping', '', true);
