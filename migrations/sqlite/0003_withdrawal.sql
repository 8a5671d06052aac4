-- 「取下げの申出」 A withdrawal that is asked for after the acceptance, and what a batch has recalled.
ALTER TABLE case_file ADD COLUMN withdrawal_asked_at INTEGER;
ALTER TABLE case_file ADD COLUMN withdrawal_proposed_by BLOB REFERENCES staff (staff_id);
CREATE INDEX case_file_by_withdrawal ON case_file (filed_at, case_id) WHERE withdrawal_asked_at IS NOT NULL;
CREATE INDEX batch_entry_by_case ON batch_entry (case_id);

CREATE TABLE batch_recall (
    destination_id TEXT NOT NULL,
    receipt_number TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (destination_id, receipt_number),
    FOREIGN KEY (destination_id, seq) REFERENCES batch (destination_id, seq)
) STRICT;
