-- What is found by an index of its own within a stage, and by no other: there and in the queue's statements the stage is written
-- so that no other index answers. 「まもなく期限」 is in no list of its own.
DROP INDEX case_file_by_soon;
CREATE INDEX case_file_soon_in_stage ON case_file (compartment, (stage || ''), filed_at, case_id) WHERE lateness = 'soon';
CREATE INDEX case_file_overdue_in_stage ON case_file (compartment, (stage || ''), filed_at, case_id) WHERE lateness = 'overdue';
CREATE INDEX case_file_unread_in_stage ON case_file (compartment, (stage || ''), filed_at, case_id)
    WHERE unread_since IS NOT NULL;
CREATE INDEX case_file_withdrawal_in_stage ON case_file (compartment, (stage || ''), filed_at, case_id)
    WHERE withdrawal_asked_at IS NOT NULL;
DROP INDEX case_file_by_holder;
CREATE INDEX case_file_by_holder ON case_file (holder, compartment, (stage || ''), filed_at, case_id);

-- The one index over every stage whatever the compartment drew the queue's lists away from their own. Whom it was for has three short
-- ones; there and in their statements the stage is written so that no list of the queue is answered by them.
DROP INDEX case_file_by_stage;
CREATE INDEX case_file_confirmed ON case_file (filed_at, case_id) WHERE ('' || stage) = 'confirmed';
CREATE INDEX case_file_in_review ON case_file (holder, filed_at, case_id) WHERE ('' || stage) = 'in_review';
CREATE INDEX case_file_sent_back ON case_file (correction_due_on) WHERE ('' || stage) = 'sent_back';

-- A holder, form or channel stands behind another order only where that is what is asked for: to PostgreSQL they are independent
-- of the stage, and it walked through all of a stage for the few rows of one of them.
DROP INDEX case_file_by_arrival;
CREATE INDEX case_file_by_arrival ON case_file (compartment, stage, filed_at, case_id);
DROP INDEX case_file_of_form;
CREATE INDEX case_file_of_form ON case_file (compartment, stage, form_id, filed_at, case_id, channel);
DROP INDEX case_file_of_channel;
CREATE INDEX case_file_of_channel ON case_file (compartment, stage, channel, filed_at, case_id);
