"""What PostgreSQL itself refuses, for the first migration: composite keys, limits, frozen wording, append-only rows.

`docs/constraints.md` lists every name; `tests/polls/test_constraints.py` compares that list with the database and
breaks each rule once by raw SQL.
"""

# A mark can only belong to its own ballot, poll, question and option: plain foreign keys would admit strangers.
COMPOSITE_KEYS = [
    ("polls_answer", "answer_on_its_ballot", "(ballot_id, poll_id)", "polls_ballot (id, poll_id)"),
    ("polls_answer", "answer_to_its_poll", "(question_id, poll_id)", "polls_question (id, poll_id)"),
    ("polls_answer", "answer_from_its_question", "(option_id, question_id)", "polls_option (id, question_id)"),
    ("polls_setaside", "set_aside_of_its_poll", "(ballot_id, poll_id)", "polls_ballot (id, poll_id)"),
    ("polls_ballotrisk", "risk_of_its_poll", "(ballot_id, poll_id)", "polls_ballot (id, poll_id)"),
    ("polls_carriedvotes", "carried_of_its_poll", "(question_id, poll_id)", "polls_question (id, poll_id)"),
    ("polls_carriedvotes", "carried_of_its_question", "(option_id, question_id)", "polls_option (id, question_id)"),
    ("polls_correction", "correction_of_its_poll", "(question_id, poll_id)", "polls_question (id, poll_id)"),
    ("polls_correction", "correction_of_its_question", "(option_id, question_id)", "polls_option (id, question_id)"),
]

LENGTHS = [
    ("polls_series", "series_key_is_whole", "octet_length(key) = 32"),
    ("polls_ballot", "ballot_voter_key_is_whole", "octet_length(voter_key) = 32"),
    ("polls_ballot", "ballot_digest_is_whole", "octet_length(digest) = 32"),
    ("polls_ballot", "ballot_nonce_is_whole", "octet_length(nonce) = 16"),
    ("polls_draft", "draft_voter_key_is_whole", "octet_length(voter_key) = 32"),
    ("polls_tally", "tally_sha256_is_whole", "length(sha256) = 64"),
]

APPEND_ONLY = [
    "polls_ballot",
    "polls_answer",
    "polls_setaside",
    "polls_carriedvotes",
    "polls_correction",
    "polls_pollevent",
    "polls_tallyhistory",
]

FUNCTIONS = """
CREATE FUNCTION polls_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

-- A ballot gets in only while its poll is open by PostgreSQL's clock, and never beside carried votes. The lock makes
-- it and a closing wait for each other, whoever wrote the INSERT.
CREATE FUNCTION polls_admit_ballot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.cast_at <> statement_timestamp() OR NEW.xid <> pg_current_xact_id() THEN
    RAISE EXCEPTION 'a ballot bears the time and the transaction of its casting' USING ERRCODE = 'restrict_violation';
  END IF;
  PERFORM 1 FROM polls_poll p
    WHERE p.id = NEW.poll_id AND p.published_at <= NEW.cast_at AND p.opens_at <= NEW.cast_at
      AND NEW.cast_at < p.closes_at AND p.paused_at IS NULL AND p.finalised_at IS NULL
      AND (NEW.revision = 1 OR p.may_change)
    FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'poll % is not open', NEW.poll_id USING ERRCODE = 'restrict_violation';
  END IF;
  PERFORM 1 FROM polls_carriedvotes c WHERE c.poll_id = NEW.poll_id;
  IF FOUND THEN
    RAISE EXCEPTION 'poll % has carried votes', NEW.poll_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION polls_admit_carried() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE polls_poll SET changed_at = clock_timestamp() WHERE id = NEW.poll_id;
  PERFORM 1 FROM polls_ballot b WHERE b.poll_id = NEW.poll_id;
  IF FOUND THEN
    RAISE EXCEPTION 'poll % has ballots', NEW.poll_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION polls_ballot_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM fresh b WHERE NOT EXISTS (SELECT 1 FROM polls_answer a WHERE a.ballot_id = b.id)) THEN
    RAISE EXCEPTION 'a ballot without an answer' USING ERRCODE = 'check_violation';
  END IF;
  -- Of one voter's ballots only the last counts: each revision sets the former aside in the same statement.
  IF EXISTS (
    SELECT 1 FROM fresh b WHERE b.revision > 1 AND NOT EXISTS (
      SELECT 1 FROM polls_ballot former JOIN polls_setaside s ON s.ballot_id = former.id
      WHERE former.poll_id = b.poll_id AND former.voter_key = b.voter_key AND former.revision = b.revision - 1
        AND s.rule = 'replaced')
  ) THEN
    RAISE EXCEPTION 'a revision without the ballot that it replaces' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

-- The answers of a question are either one row that says why there is none, or as many options as it asks for.
CREATE FUNCTION polls_choices_within_limits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM fresh a JOIN polls_ballot b ON b.id = a.ballot_id WHERE b.xid <> pg_current_xact_id()) THEN
    RAISE EXCEPTION 'nothing is added to a ballot that was cast' USING ERRCODE = 'restrict_violation';
  END IF;
  IF EXISTS (
    SELECT 1 FROM polls_answer a JOIN polls_question q ON q.id = a.question_id
    WHERE a.ballot_id IN (SELECT ballot_id FROM fresh)
    GROUP BY a.ballot_id, q.id, q.kind, q.min_choices, q.max_choices
    HAVING CASE
      WHEN count(a.missing) > 0 THEN count(*) > 1
      WHEN q.kind IN ('single', 'multiple') OR count(a.option_id) > 0
        THEN count(*) <> count(a.option_id) OR count(*) NOT BETWEEN q.min_choices AND q.max_choices
      ELSE false
    END
  ) THEN
    RAISE EXCEPTION 'too few or too many options on one ballot' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

-- A ballot set aside changes the figures as a vote does, also of a poll that is final: the count is to look again.
CREATE FUNCTION polls_set_aside_changes_poll() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE polls_poll SET changed_at = clock_timestamp() WHERE id = NEW.poll_id AND changed_at < statement_timestamp();
  RETURN NULL;
END $$;

-- "Replaced by its voter" is no way to set a ballot aside unseen: the one that replaces it must be there.
CREATE FUNCTION polls_replaced_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM polls_ballot b JOIN polls_ballot later
      ON later.poll_id = b.poll_id AND later.voter_key = b.voter_key AND later.revision = b.revision + 1
    WHERE b.id = NEW.ballot_id
  ) THEN
    RAISE EXCEPTION 'a ballot replaced by none' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION polls_admit_verbatim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM polls_answer a JOIN polls_ballot b ON b.id = a.ballot_id
    WHERE a.id = NEW.answer_id AND b.xid = pg_current_xact_id()
  ) THEN
    RAISE EXCEPTION 'nothing is added to a ballot that was cast' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION polls_has_votes(the_poll bigint) RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT EXISTS (SELECT 1 FROM polls_ballot WHERE poll_id = the_poll)
      OR EXISTS (SELECT 1 FROM polls_carriedvotes WHERE poll_id = the_poll)
$$;

-- True where this very transaction has written down the change from one wording to the other.
CREATE FUNCTION polls_corrected(the_poll bigint, the_question bigint, the_option bigint, was text, becomes text)
RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT was IS NOT DISTINCT FROM becomes OR EXISTS (
    SELECT 1 FROM polls_correction c
    WHERE c.poll_id = the_poll AND c.question_id IS NOT DISTINCT FROM the_question
      AND c.option_id IS NOT DISTINCT FROM the_option
      AND c.former = was AND c.corrected = becomes AND c.xid = pg_current_xact_id())
$$;

-- Translations may be added to a running poll; those given may only be corrected.
CREATE FUNCTION polls_i18n_kept(the_poll bigint, the_question bigint, the_option bigint, was jsonb, becomes jsonb)
RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT coalesce(becomes, '{}') @> coalesce(was, '{}')
      OR polls_corrected(the_poll, the_question, the_option, was::text, becomes::text)
$$;

CREATE FUNCTION polls_freeze_question() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE the_poll bigint := coalesce(OLD.poll_id, NEW.poll_id);
BEGIN
  -- Votes hold FOR KEY SHARE on the poll, so a change of wording and a vote wait for each other.
  UPDATE polls_poll SET changed_at = clock_timestamp() WHERE id IN (OLD.poll_id, NEW.poll_id);
  IF NOT polls_has_votes(OLD.poll_id) AND NOT polls_has_votes(NEW.poll_id) THEN
    IF TG_OP = 'DELETE' THEN RETURN OLD; ELSE RETURN NEW; END IF;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF to_jsonb(OLD) - 'text' - 'help' - 'i18n' = to_jsonb(NEW) - 'text' - 'help' - 'i18n'
       AND polls_corrected(the_poll, OLD.id, NULL, OLD.text, NEW.text)
       AND polls_corrected(the_poll, OLD.id, NULL, OLD.help, NEW.help)
       AND polls_i18n_kept(the_poll, OLD.id, NULL, OLD.i18n, NEW.i18n) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the questions of poll % are frozen: votes exist', the_poll USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION polls_freeze_option() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was_in bigint := (SELECT poll_id FROM polls_question WHERE id = OLD.question_id);
  comes_in bigint := (SELECT poll_id FROM polls_question WHERE id = NEW.question_id);
  the_poll bigint := coalesce(was_in, comes_in);
BEGIN
  UPDATE polls_poll SET changed_at = clock_timestamp() WHERE id IN (was_in, comes_in);
  IF NOT polls_has_votes(was_in) AND NOT polls_has_votes(comes_in) THEN
    IF TG_OP = 'DELETE' THEN RETURN OLD; ELSE RETURN NEW; END IF;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF to_jsonb(OLD) - 'text' - 'i18n' = to_jsonb(NEW) - 'text' - 'i18n'
       AND polls_corrected(the_poll, OLD.question_id, OLD.id, OLD.text, NEW.text)
       AND polls_i18n_kept(the_poll, OLD.question_id, OLD.id, OLD.i18n, NEW.i18n) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the options of poll % are frozen: votes exist', the_poll USING ERRCODE = 'restrict_violation';
END $$;

-- Every change of a poll waits for the votes under way, and votes wait for it: an UPDATE alone would not.
CREATE FUNCTION polls_freeze_poll() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM polls_poll WHERE id = OLD.id FOR UPDATE;
  NEW.changed_at := clock_timestamp();
  IF OLD.finalised_at IS NOT NULL AND (NEW.finalised_at, NEW.opens_at, NEW.closes_at, NEW.published_at)
      IS DISTINCT FROM (OLD.finalised_at, OLD.opens_at, OLD.closes_at, OLD.published_at) THEN
    RAISE EXCEPTION 'poll % is final', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF NOT polls_has_votes(OLD.id) THEN
    RETURN NEW;
  END IF;
  IF OLD.closes_at <= statement_timestamp() AND NEW.closes_at IS DISTINCT FROM OLD.closes_at THEN
    RAISE EXCEPTION 'poll % is closed and is never reopened', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  -- No ballot that was cast lies after the closing time, whatever clock the editor's came from.
  IF NEW.closes_at < OLD.closes_at THEN
    NEW.closes_at := greatest(NEW.closes_at,
      (SELECT max(cast_at) + interval '1 microsecond' FROM polls_ballot WHERE poll_id = OLD.id));
  END IF;
  IF (NEW.slug, NEW.series_id, NEW.repeat_rule, NEW.may_change, NEW.step, NEW.minimum_base, NEW.opens_at,
      NEW.published_at)
      IS DISTINCT FROM (OLD.slug, OLD.series_id, OLD.repeat_rule, OLD.may_change, OLD.step, OLD.minimum_base,
      OLD.opens_at, OLD.published_at)
     OR NEW.wording_version < OLD.wording_version
     OR NOT polls_corrected(OLD.id, NULL, NULL, OLD.title, NEW.title)
     OR NOT polls_corrected(OLD.id, NULL, NULL, OLD.intro, NEW.intro)
     OR NOT polls_i18n_kept(OLD.id, NULL, NULL, OLD.i18n, NEW.i18n) THEN
    RAISE EXCEPTION 'the wording and rules of poll % are frozen: votes exist', OLD.id
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

-- Only emptying a text is allowed, once, with its reason.
CREATE FUNCTION polls_redact_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id = OLD.id AND NEW.answer_id = OLD.answer_id AND OLD.redacted_at IS NULL AND NEW.redacted_at IS NOT NULL
     AND NEW.text = '' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a text answer may only be emptied' USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION polls_tally_never_falls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.version < OLD.version OR NEW.as_of < OLD.as_of THEN
    RAISE EXCEPTION 'the count of poll % would go back', OLD.poll_id USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.version = OLD.version AND (NEW.public, NEW.voters) IS DISTINCT FROM (OLD.public, OLD.voters) THEN
    RAISE EXCEPTION 'two documents of poll % under one version', OLD.poll_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

-- Another key would give every voter a second vote. Once all its polls are final the key may go.
CREATE FUNCTION polls_series_key_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM polls_poll p WHERE p.series_id = OLD.id ORDER BY id FOR UPDATE;
  IF NEW.key <> OLD.key AND EXISTS (
    SELECT 1 FROM polls_poll p WHERE p.series_id = OLD.id AND p.finalised_at IS NULL AND polls_has_votes(p.id)
  ) THEN
    RAISE EXCEPTION 'the key of series % is in use', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
"""

TRIGGERS = """
CREATE TRIGGER ballot_admitted BEFORE INSERT ON polls_ballot FOR EACH ROW EXECUTE FUNCTION polls_admit_ballot();
CREATE TRIGGER ballot_is_whole AFTER INSERT ON polls_ballot REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION polls_ballot_is_whole();
CREATE TRIGGER answer_choices_within_limits AFTER INSERT ON polls_answer REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION polls_choices_within_limits();
CREATE TRIGGER set_aside_replaced AFTER INSERT ON polls_setaside
  FOR EACH ROW WHEN (NEW.rule = 'replaced') EXECUTE FUNCTION polls_replaced_by_another();
CREATE TRIGGER set_aside_changes_poll AFTER INSERT ON polls_setaside
  FOR EACH ROW WHEN (NEW.rule <> 'replaced') EXECUTE FUNCTION polls_set_aside_changes_poll();
CREATE TRIGGER verbatim_admitted BEFORE INSERT ON polls_verbatim FOR EACH ROW EXECUTE FUNCTION polls_admit_verbatim();
CREATE TRIGGER series_key_kept BEFORE UPDATE OF key ON polls_series
  FOR EACH ROW EXECUTE FUNCTION polls_series_key_kept();
CREATE TRIGGER carried_admitted BEFORE INSERT ON polls_carriedvotes
  FOR EACH ROW EXECUTE FUNCTION polls_admit_carried();
CREATE TRIGGER question_frozen BEFORE INSERT OR UPDATE OR DELETE ON polls_question
  FOR EACH ROW EXECUTE FUNCTION polls_freeze_question();
CREATE TRIGGER option_frozen BEFORE INSERT OR UPDATE OR DELETE ON polls_option
  FOR EACH ROW EXECUTE FUNCTION polls_freeze_option();
CREATE TRIGGER poll_frozen BEFORE UPDATE ON polls_poll FOR EACH ROW EXECUTE FUNCTION polls_freeze_poll();
CREATE TRIGGER verbatim_redacted_only BEFORE UPDATE ON polls_verbatim
  FOR EACH ROW EXECUTE FUNCTION polls_redact_only();
CREATE TRIGGER verbatim_kept BEFORE DELETE ON polls_verbatim FOR EACH ROW EXECUTE FUNCTION polls_append_only();
CREATE TRIGGER verbatim_not_truncated BEFORE TRUNCATE ON polls_verbatim
  FOR EACH STATEMENT EXECUTE FUNCTION polls_append_only();
CREATE TRIGGER tally_never_falls BEFORE UPDATE ON polls_tally
  FOR EACH ROW EXECUTE FUNCTION polls_tally_never_falls();
CREATE TRIGGER tally_kept BEFORE DELETE ON polls_tally FOR EACH ROW EXECUTE FUNCTION polls_append_only();
CREATE TRIGGER tally_not_truncated BEFORE TRUNCATE ON polls_tally
  FOR EACH STATEMENT EXECUTE FUNCTION polls_append_only();
"""


def statements() -> list[tuple[str, str]]:
    """Each statement with the one that takes it back, in the order in which they are to run."""
    pairs = [
        (
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY {columns} REFERENCES {target}",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for table, name, columns, target in COMPOSITE_KEYS
    ]
    pairs += [
        (
            f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({rule})",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for table, name, rule in LENGTHS
    ]
    # Tables are dropped with their triggers when the migration is taken back, so functions go with CASCADE.
    names = [line.split("FUNCTION ")[1].split("(")[0] for line in FUNCTIONS.splitlines() if line.startswith("CREATE")]
    pairs.append((FUNCTIONS, "".join(f"DROP FUNCTION {name} CASCADE;" for name in names)))
    pairs.append((TRIGGERS, ""))
    for table in APPEND_ONLY:
        short = table.removeprefix("polls_")
        pairs.append(
            (
                f"CREATE TRIGGER {short}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION polls_append_only();"
                f"CREATE TRIGGER {short}_not_truncated BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION polls_append_only();",
                "",
            )
        )
    return pairs
