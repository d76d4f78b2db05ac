"""Rows of the audit list are only ever inserted, also by whoever deletes an account by SQL."""

from django.db import migrations

SQL = """
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON django_admin_log
  FOR EACH ROW EXECUTE FUNCTION polls_append_only();
CREATE TRIGGER audit_not_truncated BEFORE TRUNCATE ON django_admin_log
  FOR EACH STATEMENT EXECUTE FUNCTION polls_append_only();
"""
REVERSE = """
DROP TRIGGER audit_append_only ON django_admin_log;
DROP TRIGGER audit_not_truncated ON django_admin_log;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0009_search_by_language"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("polls", "0001_initial"),
    ]
    operations = [migrations.RunSQL(SQL, REVERSE)]
