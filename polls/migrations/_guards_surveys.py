"""What PostgreSQL refuses of surveys: a changed course once votes exist, and anything but withdrawal from a panel."""

from polls.migrations import _guards

# As in the first migration, and the course of a survey and its panel are frozen with the wording.
FREEZE_POLL = """
-- Every change of a poll waits for the votes under way, and votes wait for it: an UPDATE alone would not.
CREATE OR REPLACE FUNCTION polls_freeze_poll() RETURNS trigger LANGUAGE plpgsql AS $$
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
      NEW.published_at, NEW.flow, NEW.panel_id)
      IS DISTINCT FROM (OLD.slug, OLD.series_id, OLD.repeat_rule, OLD.may_change, OLD.step, OLD.minimum_base,
      OLD.opens_at, OLD.published_at, OLD.flow, OLD.panel_id)
     OR NEW.wording_version < OLD.wording_version
     OR NOT polls_corrected(OLD.id, NULL, NULL, OLD.title, NEW.title)
     OR NOT polls_corrected(OLD.id, NULL, NULL, OLD.intro, NEW.intro)
     OR NOT polls_i18n_kept(OLD.id, NULL, NULL, OLD.i18n, NEW.i18n) THEN
    RAISE EXCEPTION 'the wording and rules of poll % are frozen: votes exist', OLD.id
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
"""

MEMBERS = """
ALTER TABLE polls_member ADD CONSTRAINT member_of_its_poll FOREIGN KEY (ballot_id, poll_id)
  REFERENCES polls_ballot (id, poll_id);
ALTER TABLE polls_member ADD CONSTRAINT member_key_is_whole CHECK (octet_length(key) = 32);

-- Consent comes with its ballot, never later; afterwards it can only be withdrawn, which empties the key for good.
CREATE FUNCTION polls_admit_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM polls_ballot b WHERE b.id = NEW.ballot_id AND b.xid = pg_current_xact_id()) THEN
    RAISE EXCEPTION 'nothing is added to a ballot that was cast' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION polls_withdraw_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.ballot_id, NEW.poll_id, NEW.panel_id) = (OLD.ballot_id, OLD.poll_id, OLD.panel_id)
     AND OLD.key IS NOT NULL AND NEW.key IS NULL THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'consent may only be withdrawn' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER member_admitted BEFORE INSERT ON polls_member FOR EACH ROW EXECUTE FUNCTION polls_admit_member();
CREATE TRIGGER member_withdrawn_only BEFORE UPDATE ON polls_member FOR EACH ROW EXECUTE FUNCTION polls_withdraw_only();
CREATE TRIGGER member_kept BEFORE DELETE ON polls_member FOR EACH ROW EXECUTE FUNCTION polls_append_only();
CREATE TRIGGER member_not_truncated BEFORE TRUNCATE ON polls_member
  FOR EACH STATEMENT EXECUTE FUNCTION polls_append_only();
"""


def statements() -> list[tuple[str, str]]:
    """Each statement with the one that takes it back, in the order in which they are to run."""
    former = _guards.FUNCTIONS[_guards.FUNCTIONS.index("CREATE FUNCTION polls_freeze_poll()") :]
    former = former[: former.index("END $$;") + len("END $$;")].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    return [
        (FREEZE_POLL, former),
        (MEMBERS, "DROP FUNCTION polls_admit_member CASCADE; DROP FUNCTION polls_withdraw_only CASCADE;"),
    ]
