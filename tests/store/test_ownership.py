from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from store.ownership import OWNER_FILE, acquire, read_owner, serving_endpoint

ROOT = Path(__file__).resolve().parents[2]
AS_NOBODY = """
import os, sys
from pathlib import Path
from store.ownership import acquire, read_owner
os.setuid(65534)
print(read_owner(Path(sys.argv[1])))
try:
    acquire(Path(sys.argv[1]), shared=True)
except PermissionError:
    print("refused")
"""


def test_read_owner_is_whoever_last_wrote_itself_down_and_lives(tmp_path: Path) -> None:
    assert read_owner(tmp_path) is None
    held = acquire(tmp_path)
    owner = read_owner(tmp_path)
    assert owner is not None
    assert owner.process_id == os.getpid()
    held.release()
    assert read_owner(tmp_path) is None
    assert serving_endpoint(tmp_path) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_lock_of_another_user_that_cannot_be_read_is_not_passed_by(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:-1]):
        if folder.stat().st_uid == os.geteuid() and str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    held = acquire(tmp_path)
    (tmp_path / OWNER_FILE).chmod(0o600)
    command = [sys.executable, "-c", AS_NOBODY, str(tmp_path)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    held.release()
    assert answer.stdout.split() == ["None", "refused"], answer.stderr
