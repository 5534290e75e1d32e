"""From a run to a signed report that the user released: redaction, consent, sealing, checking, rendering."""
