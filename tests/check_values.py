"""Published and worked values that formulas must meet."""

import json
from pathlib import Path

CHECK_VALUES = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
