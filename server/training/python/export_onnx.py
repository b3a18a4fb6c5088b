"""Write a trained checkpoint as the model that ships.

    python export_onnx.py checkpoint.pt MODEL_FOLDER [--float32]

Writes `config.json` (Hugging Face Llama) and `onnx/model.onnx` with the inputs and outputs that Optimum
gives to decoders: input_ids, attention_mask, position_ids, past_key_values.N.key/value; logits,
present.N.key/value; batch and lengths free.

Weights are stored as int8 with one scale per output row. A Cast and a Mul restore them to float32; the
runtime folds both once at load, and everything is computed in float32. So the file is small, the result
does not depend on a processor's integer instructions, and one pass over a text gives the same logits as
token by token. (DequantizeLinear would not be folded: runtimes keep it for integer kernels.) The embedding
is stored once: its rows are gathered as int8, and the output matrix is the same tensor transposed.

Each layer is few nodes, all of them standard ones, since a step over one token spends much of its time between
nodes.
"""

import argparse
import json
import os

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from model import Shape
from quantize import quantize_rows

OPSET = 23
IR_VERSION = 11

#: Score of a key that must not be seen; finite, so that a row without any visible key stays a number.
HIDDEN_SCORE = -1e9


class GraphWriter:
    """Collects nodes and constants; every helper returns the name of its result."""

    def __init__(self):
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._count = 0
        self._known: dict[tuple, str] = {}

    def op(self, kind: str, *inputs: str, results: list[str] | None = None, outputs: int = 1, **attributes):
        self._count += 1
        base = f"{kind.lower()}_{self._count}"
        names = results or ([base] if outputs == 1 else [f"{base}_{index}" for index in range(outputs)])
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=f"{kind}_{self._count}", **attributes))
        return names[0] if len(names) == 1 else names

    def tensor(self, name: str, value: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def constant(self, value, kind=np.int64) -> str:
        """A small shared constant."""
        array = np.array(value, kind)
        key = (array.tobytes(), array.shape, array.dtype.str)
        if key not in self._known:
            self._known[key] = self.tensor(f"constant_{len(self._known)}", array)
        return self._known[key]

    def restored(self, values: str, scale: str) -> str:
        """int8 values times their scales, in float32."""
        return self.op("Mul", self.op("Cast", values, to=TensorProto.FLOAT), scale)


class Exporter:
    def __init__(self, shape: Shape, weights: dict[str, np.ndarray], float32: bool):
        self.shape = shape
        self.weights = weights
        self.float32 = float32
        self.graph = GraphWriter()

    def matrix(self, name: str) -> str:
        """Matrix `name` as the right side of a product: [inputs, outputs]."""
        weight = self.weights[name]
        if self.float32:
            return self.graph.tensor(name, weight.T)
        values, scale = quantize_rows(weight)
        return self.graph.restored(self.graph.tensor(name, values.T), self.graph.tensor(f"{name}.scale", scale.T))

    def norm(self, x: str, name: str) -> str:
        scale = self.graph.tensor(name, self.weights[name])
        return self.graph.op("RMSNormalization", x, scale, axis=-1, epsilon=self.shape.norm_eps)

    def embedding(self) -> tuple[str, str]:
        """Embedded input_ids, and the output matrix that shares the embedding's tensor."""
        g = self.graph
        weight = self.weights["embedding.weight"]
        if self.float32:
            table = g.tensor("embedding.weight", weight)
            return g.op("Gather", table, "input_ids"), g.op("Transpose", table, perm=[1, 0])
        values, scale = quantize_rows(weight)
        table, scales = g.tensor("embedding.weight", values), g.tensor("embedding.weight.scale", scale)
        rows = g.restored(g.op("Gather", table, "input_ids"), g.op("Gather", scales, "input_ids"))
        return rows, g.op("Transpose", g.restored(table, scales), perm=[1, 0])

    def rotary_tables(self) -> tuple[str, str]:
        """Cosines and sines of every position: [context, head_width / 2]."""
        s = self.shape
        half = np.arange(0, s.head_width, 2, dtype=np.float32)
        frequencies = (1.0 / s.rope_theta ** (half / s.head_width)).astype(np.float32)
        # Angles as the training rounds them; their functions in float64, so that every machine writes the same file.
        angles = (np.arange(s.context, dtype=np.float32)[:, None] * frequencies).astype(np.float64)
        return (self.graph.tensor("rotary_cos", np.cos(angles).astype(np.float32)),
                self.graph.tensor("rotary_sin", np.sin(angles).astype(np.float32)))

    def score_bias(self) -> str:
        """0 where a query may see a key, HIDDEN_SCORE elsewhere: [batch, 1, time * shared, past + time].

        Every position has `shared` queries in a row: see `attention`.
        """
        g = self.graph
        zero, one, shared = g.constant(0), g.constant(1), g.constant(self.shape.heads // self.shape.kv_heads)
        time = g.op("Mul", g.op("Gather", g.op("Shape", "input_ids"), one), shared)
        total = g.op("Mul", g.op("Gather", g.op("Shape", "attention_mask"), one), shared)
        keys = g.op("Range", zero, total, shared)
        queries = g.op("Unsqueeze", g.op("Range", g.op("Sub", total, time), total, one), g.constant([1]))
        in_past = g.op("LessOrEqual", keys, queries)
        present = g.op("Unsqueeze", g.op("Greater", "attention_mask", zero), g.constant([1, 2]))
        return g.op("Where", g.op("And", present, in_past), g.constant(0.0, np.float32), g.constant(HIDDEN_SCORE, np.float32))

    def query_columns(self) -> np.ndarray:
        """Columns of all queries, with the first head of every group first, then the second of each."""
        s = self.shape
        heads = np.arange(s.heads * s.head_width).reshape(s.kv_heads, s.heads // s.kv_heads, s.head_width)
        return heads.transpose(1, 0, 2).ravel()

    def attention(self, x: str, layer: int, cos: str, sin: str, bias: str) -> str:
        """Attention's share of the residual stream.

        Heads that share keys are handed over as further rows of one head: a token has `shared` rows of `kv_heads`
        queries. So a product never has a single row, whose terms some kernels add in another order than those of
        many, and a token's result stays the same however many are run beside it. The runtime folds the
        rearrangement of the matrices at load.
        """
        g, s = self.graph, self.shape
        block = f"blocks.{layer}."
        queries, keys = s.heads * s.head_width, s.kv_heads * s.head_width
        columns = self.query_columns()
        arranged = g.constant(np.concatenate([columns, np.arange(queries, queries + 2 * keys)]))
        joined = g.op("MatMul", self.norm(x, block + "attention_norm.weight"),
                      g.op("Gather", self.matrix(block + "qkv.weight"), arranged, axis=1))
        query, key, value = g.op("Split", joined, g.constant([queries, keys, keys]), axis=-1, outputs=3)
        query = g.op("RotaryEmbedding", query, cos, sin, "position_ids", num_heads=s.heads)
        key = g.op("RotaryEmbedding", key, cos, sin, "position_ids", num_heads=s.kv_heads)
        attended, *_ = g.op(
            "Attention", g.op("Reshape", query, g.constant([0, -1, keys])), key, value, bias,
            f"past_key_values.{layer}.key", f"past_key_values.{layer}.value",
            results=[f"attended.{layer}", f"present.{layer}.key", f"present.{layer}.value"],
            q_num_heads=s.kv_heads, kv_num_heads=s.kv_heads, scale=s.head_width**-0.5)
        attended = g.op("Reshape", attended, g.constant([0, -1, queries]))
        return g.op("MatMul", attended, g.op("Gather", self.matrix(block + "out.weight"), g.constant(columns), axis=0))

    def feed_forward(self, x: str, layer: int) -> str:
        g = self.graph
        block = f"blocks.{layer}."
        both = g.op("MatMul", self.norm(x, block + "mlp_norm.weight"), self.matrix(block + "gate_up.weight"))
        gate, up = g.op("Split", both, axis=-1, num_outputs=2, outputs=2)
        active = g.op("Mul", g.op("Mul", gate, g.op("Sigmoid", gate)), up)
        return g.op("MatMul", active, self.matrix(block + "down.weight"))

    def build(self) -> onnx.ModelProto:
        g, s = self.graph, self.shape
        x, output_matrix = self.embedding()
        cos, sin = self.rotary_tables()
        bias = self.score_bias()
        for layer in range(s.layers):
            x = g.op("Add", x, self.attention(x, layer, cos, sin, bias))
            x = g.op("Add", x, self.feed_forward(x, layer))
        g.op("MatMul", self.norm(x, "final_norm.weight"), output_matrix, results=["logits"])

        integers = lambda name, length: helper.make_tensor_value_info(name, TensorProto.INT64, ["batch_size", length])
        cache = lambda name, length: helper.make_tensor_value_info(
            name, TensorProto.FLOAT, ["batch_size", s.kv_heads, length, s.head_width])
        inputs = [integers("input_ids", "sequence_length"), integers("attention_mask", "total_sequence_length"),
                  integers("position_ids", "sequence_length")]
        outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch_size", "sequence_length", s.vocab])]
        for layer in range(s.layers):
            for part in ("key", "value"):
                inputs.append(cache(f"past_key_values.{layer}.{part}", "past_sequence_length"))
                outputs.append(cache(f"present.{layer}.{part}", "total_sequence_length"))
        graph = helper.make_graph(g.nodes, "proofline-code", inputs, outputs, g.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="proofline")
        model.ir_version = IR_VERSION
        onnx.checker.check_model(model, full_check=True)
        return model


def llama_config(shape: Shape) -> dict:
    """`config.json` as Hugging Face describes this model."""
    return {
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": shape.vocab,
        "hidden_size": shape.width, "num_hidden_layers": shape.layers, "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads, "head_dim": shape.head_width, "intermediate_size": shape.hidden,
        "max_position_embeddings": shape.context, "rope_theta": shape.rope_theta, "rms_norm_eps": shape.norm_eps,
        "tie_word_embeddings": True, "hidden_act": "silu", "eos_token_id": 0, "pad_token_id": 4, "bos_token_id": None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("folder")
    parser.add_argument("--float32", action="store_true", help="keep float32 weights, to measure what 8 bits cost")
    options = parser.parse_args()
    saved = torch.load(options.checkpoint, map_location="cpu")
    shape = Shape(**saved["shape"])
    weights = {name: value.float().numpy() for name, value in saved["weights"].items()}
    os.makedirs(os.path.join(options.folder, "onnx"), exist_ok=True)
    path = os.path.join(options.folder, "onnx", "model.onnx")
    onnx.save(Exporter(shape, weights, options.float32).build(), path)
    with open(os.path.join(options.folder, "config.json"), "w") as file:
        json.dump(llama_config(shape), file, indent=1)
        file.write("\n")
    print(f"{path}: {os.path.getsize(path) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
