"""The embedded model: a small Llama-shaped decoder.

Same mathematics as Hugging Face's ``LlamaForCausalLM`` with tied embeddings (RMSNorm before each
sub-layer, rotary positions with the halves layout, grouped-query attention, SwiGLU), so the exported
graph can be read by any Llama runtime. Query, key and value share one matrix, and so do gate and up:
fewer, larger products.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass(frozen=True)
class Shape:
    """Sizes of the model; every number is a count of elements."""

    vocab: int = 8192
    width: int = 512
    layers: int = 8
    heads: int = 8
    kv_heads: int = 2
    hidden: int = 1408
    context: int = 1024
    rope_theta: float = 10000.0
    norm_eps: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    def to_dict(self) -> dict:
        return asdict(self)


class RMSNorm(nn.Module):
    """Scale by the root mean square, computed in float32 whatever the input's type."""

    def __init__(self, width: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        wide = x.float()
        return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps) * self.weight).to(x.dtype)


def rotary_table(shape: Shape, positions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosines and sines for `positions` (any shape), with half a head's width as the last axis."""
    half = torch.arange(0, shape.head_width, 2, device=positions.device).float()
    angles = positions.float()[..., None] * (1.0 / shape.rope_theta ** (half / shape.head_width))
    return angles.cos(), angles.sin()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    first, second = x.chunk(2, -1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), -1)


def causal_attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, chunks: int = 4) -> torch.Tensor:
    """Attention of [batch, heads, time, head_width] queries over their own past; heads share keys in groups.

    On a GPU this is PyTorch's fused kernel. Its CPU counterpart has a slow backward pass, so there the
    queries are taken in chunks whose plain products only touch keys that are not in their future.
    """
    if query.is_cuda:
        return F.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)
    batch, heads, time, width = query.shape
    groups = batch * key.shape[1]
    shared = heads // key.shape[1]
    query = (query * width**-0.5).view(groups, shared, time, width)
    key = key.transpose(-1, -2).reshape(groups, width, time)
    value = value.reshape(groups, time, width)
    attended = []
    chunk = -(-time // chunks)
    for start in range(0, time, chunk):
        end = min(start + chunk, time)
        scores = torch.bmm(query[:, :, start:end].reshape(groups, -1, width), key[..., :end])
        scores = scores.view(groups, shared, end - start, end).float()
        seen = torch.arange(end) <= torch.arange(start, end)[:, None]
        weights = torch.where(seen, scores, -1e4).softmax(-1).to(value.dtype)
        attended.append(torch.bmm(weights.view(groups, -1, end), value[:, :end]).view(batch, heads, -1, width))
    return torch.cat(attended, 2)


class Block(nn.Module):
    """One decoder layer: attention, then SwiGLU, each added to the residual stream."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.attention_norm = RMSNorm(shape.width, shape.norm_eps)
        self.mlp_norm = RMSNorm(shape.width, shape.norm_eps)
        self.qkv = nn.Linear(shape.width, (shape.heads + 2 * shape.kv_heads) * shape.head_width, bias=False)
        self.out = nn.Linear(shape.heads * shape.head_width, shape.width, bias=False)
        self.gate_up = nn.Linear(shape.width, 2 * shape.hidden, bias=False)
        self.down = nn.Linear(shape.hidden, shape.width, bias=False)

    def project(self, x, cos, sin):
        """Queries, keys and values of `x`, split into heads and rotated: [batch, heads, time, head_width]."""
        s = self.shape
        batch, time, _ = x.shape
        heads = self.qkv(self.attention_norm(x)).view(batch, time, s.heads + 2 * s.kv_heads, s.head_width)
        query, key, value = heads.transpose(1, 2).split([s.heads, s.kv_heads, s.kv_heads], 1)
        return rotate(query, cos, sin), rotate(key, cos, sin), value

    def mix(self, x, attended):
        """Add the attention's result and then the feed-forward's to the residual stream `x`."""
        x = x + self.out(attended.transpose(1, 2).reshape(*x.shape[:-1], -1))
        gate, up = self.gate_up(self.mlp_norm(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)

    def forward(self, x, cos, sin):
        query, key, value = self.project(x, cos, sin)
        return self.mix(x, causal_attention(query, key, value))


class Model(nn.Module):
    """Token ids in, hidden states or logits out; the output matrix is the embedding."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocab, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.final_norm = RMSNorm(shape.width, shape.norm_eps)
        residual_scale = (2 * shape.layers) ** -0.5
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                closes_residual = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(parameter, 0.0, 0.02 * (residual_scale if closes_residual else 1.0))

    def hidden_states(self, ids: torch.Tensor) -> torch.Tensor:
        cos, sin = rotary_table(self.shape, torch.arange(ids.shape[1], device=ids.device))
        x = self.embedding(ids)
        if torch.is_autocast_enabled(ids.device.type):
            half = torch.get_autocast_dtype(ids.device.type)
            x, cos, sin = x.to(half), cos.to(half), sin.to(half)
        for block in self.blocks:
            x = block(x, cos, sin)
        return self.final_norm(x)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return F.linear(self.hidden_states(ids), self.embedding.weight)
