"""Tables of the worked examples: printed beside computed, by hand beside the library, networks, optimisers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bigmodel_utils.evaluation import intervals
from bigmodel_utils.foundations import summary
from bigmodel_utils.messages import Message
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.tables import MEASURED

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.foundations.lines import Fit
    from bigmodel_utils.foundations.networks import Trained
    from bigmodel_utils.units import Quantity

_EXAMPLES = {
    "cross_entropy": Message("cross-entropy of an event seen at 0.7"),
    "noisy_line_loss": Message("loss of a line through noise of variance one"),
    "entity_f1": Message("average F1 of entity recognition"),
}
_REASONS = {
    "cross_entropy": Message("the printed value belongs to a probability of 0.66"),
    "noisy_line_loss": Message("the noise stays, however long one trains"),
    "entity_f1": Message("the average counts words outside names; without them it is this"),
}
_LOSSES = {
    "mean squared error": Message("mean squared error"),
    "cross-entropy of two labels": Message("cross-entropy of two labels"),
    "cross-entropy of many labels": Message("cross-entropy of many labels"),
    "gradient of the L1 penalty": Message("gradient of the L1 penalty"),
    "gradient of the L2 penalty": Message("gradient of the L2 penalty"),
    "mean after dropout of a half": Message("mean after dropout of a half"),
}
_READINGS = {
    "nats": Message("minus the natural logarithm: the value"),
    "bits": Message("minus the logarithm to base two"),
    "as_logit": Message("0.7 taken for a score and squashed again"),
    "complement": Message("the event taken for its opposite"),
}
_SLIPS = {
    "a tensor called": Message("the loss, a tensor, called as if it were a function"),
    "BCELoss": Message("unbounded scores given to BCELoss, which expects probabilities"),
}
_NETWORKS = {
    "regression": Message("10-10-10-1, mean squared error, SGD"),
    "yes_or_no": Message("10-50-1, cross-entropy of scores, Adam"),
    "digits": Message("64-64-10 on scanned digits, softmax, Adam"),
}
_FEATURES = {"MedInc": Message("income of the block"), "HouseAge": Message("age of its houses")}


def printed(claims: pd.DataFrame) -> Table:
    """Return the numbers that the text prints. claims: the rows of textbook_claims."""
    rows = [
        {"what": _EXAMPLES[row.example], "claimed": row.claimed, "source": row.source, "as_of": row.as_of}
        for row in claims.itertuples()
    ]
    columns = [
        Column("what", Message("example")),
        Column("claimed", Message("printed"), "number4"),
        Column("source", Message("source")),
        Column("as_of", Message("as of"), "date"),
    ]
    return Table(Message("{count} printed numbers are put to the test", count=len(rows)), columns, rows, Message("○ assumed: as the text prints them."))  # fmt: skip


def claims(printed_rows: pd.DataFrame, found: Mapping[str, Quantity]) -> Table:
    """Return printed numbers beside those that their code gives, and why they differ."""
    rows = []
    for row in printed_rows.itertuples():
        held = summary.holds(row.claimed, found[row.example])
        value = {"what": _EXAMPLES[row.example], "claimed": row.claimed, "value": found[row.example].mid}
        rows.append(value | {"why": Message("as printed") if held else _REASONS[row.example]})
    columns = [
        Column("what", Message("example")),
        Column("claimed", Message("printed"), "number4"),
        Column("value", Message("computed"), "number4"),
        Column("why", Message("why they differ")),
    ]
    held = sum(summary.holds(row.claimed, found[row.example]) for row in printed_rows.itertuples())
    return Table(Message("{held} of {count} printed numbers hold", held=held, count=len(rows)), columns, rows, MEASURED)


def by_hand(found: pd.DataFrame) -> Table:
    """Return losses and penalties by hand and by PyTorch. found: name, by_hand, library."""
    worst = float((found["by_hand"] / found["library"] - 1).abs().max())
    columns = [
        Column("name", Message("quantity")),
        Column("by_hand", Message("by hand"), "number4"),
        Column("library", Message("by PyTorch"), "number4"),
    ]
    finding = Message(
        "Formula and library differ by at most {worst:percent1}; dropout, which is drawn, differs most", worst=worst
    )
    return Table.of(finding, found.assign(name=found["name"].map(_LOSSES)), columns, MEASURED)


def readings(found: Mapping[str, float], claimed: float) -> Table:
    """Return the cross-entropy read rightly and three slips; none may equal what the text prints."""
    rows = [{"name": _READINGS[key], "value": value} for key, value in found.items()]
    near = min(found.values(), key=lambda value: abs(value - claimed))
    finding = (
        Message("The value is {value:number4}; no reading gives the printed {claimed:number4}", value=found["nats"], claimed=claimed)
        if abs(near - claimed) > 5e-5
        else Message("The value is {value:number4}; the printed {claimed:number4} is another reading", value=found["nats"], claimed=claimed)
    )  # fmt: skip
    columns = [Column("name", Message("reading")), Column("value", Message("value"), "number4")]
    return Table(finding, columns, rows, MEASURED, best=0)


def networks(trained: Mapping[str, Trained]) -> Table:
    """Return what each small network reached. trained: by regression, yes_or_no, digits."""
    rows = [
        {
            "name": _NETWORKS[key],
            "steps": len(one.history),
            "first": float(one.history["loss"].iloc[0]),
            "last": one.final_loss,
            "right": one.right / one.n if one.n else None,
            "between": _between(one),
            "n": one.n or None,
        }
        for key, one in trained.items()
    ]
    best = trained["digits"]
    finding = Message(
        "Put right, {learned} of {all} learn; the digits network reads {right:percent1} of {n} unseen digits",
        learned=sum(row["last"] < row["first"] for row in rows),
        all=len(rows),
        right=best.right / best.n,
        n=best.n,
    )
    columns = [
        Column("name", Message("network")),
        Column("steps", Message("steps"), "integer"),
        Column("first", Message("loss at first"), "number4"),
        Column("last", Message("loss at last"), "number4"),
        Column("right", Message("unseen rows right"), "percent1"),
        Column("between", Message("95% interval"), "number"),
        Column("n", Message("unseen rows"), "integer"),
    ]
    return Table(finding, columns, rows, MEASURED)


def _between(one: Trained) -> Message | None:
    if not one.n:
        return None
    low, high = intervals.wilson(one.right, one.n)
    return Message("{low:percent1} to {high:percent1}", low=low, high=high)


def slips(said: Mapping[str, str]) -> Table:
    """Return what PyTorch answers to the text's two slips."""
    rows = [{"what": _SLIPS[key], "said": answer} for key, answer in said.items()]
    columns = [Column("what", Message("as printed")), Column("said", Message("what PyTorch says"))]
    return Table(Message("{count} lines stop with an error when run as printed", count=len(rows)), columns, rows, MEASURED)


def prices(found: Fit, features: Sequence[str], explained: float) -> Table:
    """Return the weights of a price line by training and in closed form; `explained`: share of the price's variance."""
    names = [_FEATURES[feature] for feature in features] + [Message("constant")]
    rows = [
        {"name": name, "trained": trained, "best": best}
        for name, trained, best in zip(names, found.weights, found.best_weights, strict=True)
    ]
    columns = [
        Column("name", Message("feature")),
        Column("trained", Message("trained with Adam"), "number4"),
        Column("best", Message("closed form"), "number4"),
    ]
    finding = (
        Message(
            "Training finds the line of the closed form; its features explain {explained:percent} of what the price varies",
            explained=explained,
        )
        if found.final_loss <= 1.0001 * found.best_loss
        else Message("Training has not reached the line of the closed form yet")
    )
    return Table(finding, columns, rows, Message("Price in 100,000 USD; features brought to mean zero and deviation one."))
