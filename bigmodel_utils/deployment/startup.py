"""From a name to a running server: check first, listen, load the model, answer."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from bigmodel_utils.deployment import release, server
from bigmodel_utils.deployment.intake import Limits
from bigmodel_utils.deployment.service import Service

_QUIET = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
}  # set before torch is imported


def run(what: str, host: str, port: int, batch: int, tell: Callable[[str], None], limits: Limits | None = None) -> None:
    """Serve the model that `what` names until told to stop; `tell` hears the address once the model answers.

    Refuses before it listens: an unknown model (ReleaseError), a taken port or an open host without a token (ServeError);
    a damaged model is refused while it loads (ServedFolderError).
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    limits = replace(limits or Limits(), batch_texts=batch)
    service = Service(release.locate(what), limits, server.token_for(host))
    with server.listen(host, port) as bound:
        server.serve(service, bound, tell)
