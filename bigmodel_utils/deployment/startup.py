"""From a name to a running server: check first, load the model, listen, answer."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from bigmodel_utils.deployment import monitor, release, server
from bigmodel_utils.deployment.intake import Limits
from bigmodel_utils.deployment.runtime import Runtime

_QUIET = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
}  # set before torch is imported


def run(what: str, host: str, port: int, batch: int, tell: Callable[[str], None], limits: Limits | None = None) -> None:
    """Serve the model that `what` names until told to stop; `tell` hears the address.

    Refuses before the model is loaded: an unknown model (ReleaseError), a taken port or an open host without a token
    (ServeError); a damaged model is refused while it loads (ServedFolderError).
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    served = release.locate(what)
    token = server.token_for(host)
    limits = replace(limits or Limits(), batch_texts=batch)
    with server.listen(host, port) as bound:
        runtime = Runtime.load(served.folder)
        runtime.probabilities(["."])  # the first answer prepares kernels; no client should wait for that
        log = monitor.PredictionLog(monitor.log_path(served.name), served.model, runtime.labels)
        service = server.Service(runtime, served.model, limits, token, log)
        server.serve(service, bound, lambda address: tell(f"serving {served.model} at {address} (stop with Ctrl-C)"))
