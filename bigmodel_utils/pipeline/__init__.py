"""Running the chain: notebooks through papermill, what need not run again, then their reports."""

import sys

# jsonschema would load a grammar of internationalised addresses, which takes two seconds and checks nothing of a notebook
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
