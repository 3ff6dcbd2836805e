"""What the trust page answers: may this be trained, which way, and at what price."""

from __future__ import annotations

from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import TRUST
from bigmodel_utils.trust.attacks import Attacks
from bigmodel_utils.trust.curve import Curve
from bigmodel_utils.trust.evidence import Finding
from bigmodel_utils.trust.sharing import Sharing
from bigmodel_utils.trust.way import Way


def finding(way: Way, curve: Curve, attacked: Attacks, shared: Sharing) -> Message:
    """Return the way that rules allow, and what it costs in accuracy; true whichever way it came out."""
    lost, behind = curve.figures["privacy_points_lost"], shared.figures["federated_points_behind"]
    return Message(
        "{why} Weights shared by holders that are alike stay {behind:number1} points behind pooled rows ({holds}); training "
        "within an epsilon of {epsilon:upto1} gives up {lost:number1} points against the same last layer without "
        "protection. {leak}",
        why=way.why,
        behind=max(0.0, behind.mid),
        holds=Message("a difference is not shown") if behind.low <= 0 else Message("the difference is real"),
        epsilon=curve.loosest,
        lost=max(0.0, lost.mid),
        leak=_leak(attacked),
    )


def whole(training: Message, law: Message) -> Message:
    """Return the answer of the page: how to train, then what the law still asks."""
    return Message("{training} {law}", training=training, law=law)


def privacy(curve: Curve, attacked: Attacks) -> Finding:
    """Return what an impact assessment may say of rows that leak; short when an attack wins against the model as it is."""
    said = Message(
        "{leak} Training within an epsilon of {epsilon:upto1} is measured and costs {lost:number1} points",
        leak=_leak(attacked),
        epsilon=curve.loosest,
        lost=max(0.0, curve.figures["privacy_points_lost"].mid),
    )
    return Finding(said, f"{TRUST}/attacks.parquet", short=attacked.figures["attack_advantage_b"].low > 0)


def _leak(attacked: Attacks) -> Message:
    advantage = attacked.figures["attack_advantage_b"]
    if advantage.low > 0:
        return Message(
            "The adapted model as it is gives rows away: an attacker gains {points:number1} points.", points=100 * advantage.mid
        )
    return Message("No attack tried here tells the adapted model's rows from others; a better attack may.")
