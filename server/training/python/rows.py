"""Training rows: fixed-length sequences of token ids on disk.

`NAME.bin` holds little-endian uint16 ids, `context + 1` per row; `NAME.mid`, where it exists, holds one
byte per id that is 1 for the tokens of a fill-in-the-middle answer. Id 4 is padding and carries no loss.
"""

import os

import numpy as np
import torch

PAD = 4
IGNORED = -100


class Rows:
    """Rows of one file, dealt in a seeded order that any step can re-enter."""

    def __init__(self, path: str, context: int, seed: int = 1):
        self.ids = np.memmap(path, dtype=np.uint16, mode="r").reshape(-1, context + 1)
        self.seed = seed
        self._epoch, self._order = -1, None

    def __len__(self) -> int:
        return len(self.ids)

    def _row(self, position: int) -> np.ndarray:
        epoch, index = divmod(position, len(self.ids))
        if epoch != self._epoch:
            self._epoch, self._order = epoch, np.random.RandomState(self.seed + epoch).permutation(len(self.ids))
        return self.ids[self._order[index]]

    def batch(self, first: int, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Inputs and targets of the rows dealt at positions `first` to `first + count - 1`."""
        rows = torch.from_numpy(np.stack([self._row(first + i) for i in range(count)]).astype(np.int64))
        targets = rows[:, 1:].clone()
        targets[targets == PAD] = IGNORED
        return rows[:, :-1].contiguous(), targets


def validation_rows(path: str, context: int, limit: int = 96) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and targets of the first `limit` rows; where `NAME.mid` exists only answers carry loss."""
    ids = np.fromfile(path, dtype=np.uint16).reshape(-1, context + 1)[:limit]
    rows = torch.from_numpy(ids.astype(np.int64))
    targets = rows[:, 1:].clone()
    targets[targets == PAD] = IGNORED
    marks = os.path.splitext(path)[0] + ".mid"
    if os.path.exists(marks):
        answer = np.fromfile(marks, dtype=np.uint8).reshape(-1, context + 1)[:limit, 1:]
        targets[torch.from_numpy(answer == 0)] = IGNORED
    return rows[:, :-1].contiguous(), targets
