"""Weights in 8 bits: symmetric, one float32 scale per output row."""

import numpy as np

LARGEST = 127

#: Shares of a row's largest magnitude that are tried as the end of the range.
RANGES = np.linspace(0.85, 1.0, 16)


def quantize_rows(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Int8 values [rows, columns] and scales [rows, 1] with the least squared error per row.

    A slightly shorter range clips a few outliers and represents all other values more finely.
    """
    largest = np.maximum(np.abs(weight).max(1, keepdims=True), 1e-8)
    best_error = np.full((len(weight), 1), np.inf)
    best_scale = largest / LARGEST
    for share in RANGES:
        scale = (largest * share / LARGEST).astype(np.float32)
        error = np.square(rounded(weight, scale) * scale - weight).sum(1, keepdims=True)
        better = error < best_error
        best_error = np.where(better, error, best_error)
        best_scale = np.where(better, scale, best_scale)
    best_scale = best_scale.astype(np.float32)
    return rounded(weight, best_scale).astype(np.int8), best_scale


def rounded(weight: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(weight / scale), -LARGEST, LARGEST)


def as_shipped(weights: dict) -> dict:
    """A checkpoint's weights after a trip through 8 bits, as the released model computes with them."""
    import torch

    shipped = {}
    for name, value in weights.items():
        if value.dim() == 2:
            quantized, scale = quantize_rows(value.float().numpy())
            value = torch.from_numpy(quantized.astype(np.float32) * scale)
        shipped[name] = value.float()
    return shipped
