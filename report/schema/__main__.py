"""`python -m report.schema`: write the schema of a report anew."""

from report.schema import write_schema

write_schema()
