"""Muon: momentum whose update is replaced by the nearest orthogonal matrix, for the inner matrices.

Embedding and norms stay with AdamW. Fused matrices (query/key/value, gate/up) are orthogonalised part
by part, and parts of one shape go through together as one batch.
"""

from collections import defaultdict

import torch


def orthogonalize(batch: torch.Tensor) -> torch.Tensor:
    """Nearest semi-orthogonal matrices of `batch` [n, rows, columns], by five Newton-Schulz steps in bfloat16."""
    x = batch.bfloat16()
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.transpose(1, 2)
    x = x / (x.float().norm(dim=(1, 2), keepdim=True) + 1e-7).bfloat16()
    for _ in range(5):
        gram = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x.transpose(1, 2) if tall else x


class Muon:
    """`parts` pairs each matrix with the row counts it is made of; the learning rate is set per step."""

    def __init__(self, parts: list[tuple[torch.nn.Parameter, list[int]]], momentum=0.95, weight_decay=0.05):
        self.parts = parts
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.buffers = [torch.zeros_like(matrix) for matrix, _ in parts]

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        by_shape = defaultdict(list)
        for (matrix, rows), buffer in zip(self.parts, self.buffers):
            buffer.mul_(self.momentum).add_(matrix.grad)
            lookahead = matrix.grad.add(buffer, alpha=self.momentum)
            for target, update in zip(matrix.split(rows), lookahead.split(rows)):
                by_shape[tuple(update.shape)].append((target, update))
        for shape, pairs in by_shape.items():
            size = max(1.0, shape[0] / shape[1]) ** 0.5
            updates = orthogonalize(torch.stack([update for _, update in pairs])).float()
            for (target, _), update in zip(pairs, updates):
                target.mul_(1 - learning_rate * self.weight_decay).add_(update, alpha=-learning_rate * size)

    def state_dict(self) -> list[torch.Tensor]:
        return self.buffers

    def load_state_dict(self, buffers: list[torch.Tensor]) -> None:
        for own, saved in zip(self.buffers, buffers):
            own.copy_(saved)


def split_parameters(model) -> tuple[list[tuple[torch.nn.Parameter, list[int]]], list[torch.nn.Parameter]]:
    """The matrices for Muon with their parts, and the remaining parameters for AdamW."""
    shape = model.shape
    keys = shape.kv_heads * shape.head_width
    parts_of = {
        "qkv.weight": [shape.heads * shape.head_width, keys, keys],
        "gate_up.weight": [shape.hidden, shape.hidden],
    }
    matrices, others = [], []
    for name, parameter in model.named_parameters():
        if parameter.dim() == 2 and "embedding" not in name:
            tail = ".".join(name.split(".")[-2:])
            matrices.append((parameter, parts_of.get(tail, [parameter.shape[0]])))
        else:
            others.append(parameter)
    return matrices, others
