"""What the worked examples come to: the page's figures, the printed numbers beside them, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.foundations.entities import Scores
    from bigmodel_utils.foundations.lines import Fit, NoiseFloor
    from bigmodel_utils.foundations.networks import Trained

SOURCE = "computed on this page"


def exact(value: float, unit: str, rounding: float) -> Quantity:
    """Return a computed number that printed digits may differ from by `rounding`."""
    return Quantity(
        mid=value, low=value - rounding, high=value + rounding, unit=unit, origin="measured", source=SOURCE, method="rounding"
    )


def figures(
    entropy: float, line: Fit, where: NoiseFloor, points: Fit, names: Scores, printed: Mapping[str, float], read: Trained
) -> dict[str, Quantity]:
    """Return the numbers that the text prints, as they should be, and the others a reader may look up."""
    band = Quantity(
        mid=min(max(line.final_loss, where.low), where.high), low=where.low, high=where.high, unit="mean squared error",
        origin="measured", source=SOURCE, method="chi-squared, 99.8 %",
    )  # fmt: skip
    return {
        "cross_entropy": exact(entropy, "nats", 5e-5),
        "noisy_line_loss": band,
        "entity_f1": exact(printed["without_outside"], "share", 5e-4),
        "entity_f1_all_words": exact(printed["with_outside"], "share", 5e-4),
        "four_points_loss": exact(points.best_loss, "mean squared error", 5e-5),
        "digits_right": Quantity(mid=read.right / read.n, unit="share", origin="measured", source=SOURCE, n=read.n),
        "tagger_f1_words": Quantity(mid=names.without_outside, unit="share", origin="measured", source=SOURCE, n=names.words),
        "tagger_f1_names": Quantity(mid=names.whole_names, unit="share", origin="measured", source=SOURCE, n=names.words),
    }


def holds(claimed: float, value: Quantity) -> bool:
    """Return whether a printed number lies where the computed one can."""
    return value.low <= claimed <= value.high


def finding(claims: pd.DataFrame, found: Mapping[str, Quantity]) -> Message:
    """Return the answer of the page. claims: example, claimed (the rows of textbook_claims)."""
    held = sum(holds(row.claimed, found[row.example]) for row in claims.itertuples())
    count = Message("{held} of {count} printed numbers hold", held=held, count=len(claims))
    return Message(
        "{count} when their code is run. The cross-entropy of an event seen at 0.7 is {entropy:number4}; a line through noise of "
        "variance one cannot fall below a loss of about {floor:number2}; without the words outside names the entity score is "
        "{f1:percent1}. Put right, the examples work: the digits network reads {digits:percent1} of unseen digits.",
        count=count,
        entropy=found["cross_entropy"],
        floor=found["noisy_line_loss"].low,
        f1=found["entity_f1"],
        digits=found["digits_right"],
    )
