"""JupyterLab over the notebooks: this machine only, behind a token, with no request to the outside."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from bigmodel_utils import paths
from bigmodel_utils.notebook import QUIET

_SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},  # a slider out of sight stays where it is
}


def arguments(settings: Path, port: int | None = None, browser: bool = True) -> list[str]:
    """Return the command line of the server; the token is its own, drawn anew at each start unless JUPYTER_TOKEN gives one."""
    return [
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={paths.PROJECT}",
        "--ServerApp.allow_remote_access=False",
        f"--ServerApp.open_browser={browser}",
        "--LabApp.default_url=/lab/tree/notebooks",
        f"--LabApp.user_settings_dir={settings}",
        "--LabApp.extension_manager=readonly",  # the other manager asks the package index
        *([f"--ServerApp.port={port}"] if port else []),
    ]


def open_lab(port: int | None = None, browser: bool = True) -> None:
    """Serve until Ctrl-C. The person's own JupyterLab settings stay as they are; this one asks for neither news nor updates."""
    from jupyterlab.labapp import LabApp

    os.environ["BIGMODEL_HOME"] = str(paths.workspace())
    for key, value in QUIET.items():
        os.environ.setdefault(key, value)
    with tempfile.TemporaryDirectory(prefix="bigmodel-lab-") as folder:
        LabApp.launch_instance(argv=arguments(_settings(Path(folder)), port, browser))


def _settings(folder: Path) -> Path:
    """Write the settings of this server and return their folder."""
    for name, values in _SETTINGS.items():
        path = folder / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    return folder
