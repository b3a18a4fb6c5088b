"""Turn an exported model back into a checkpoint that `train.py --start` accepts.

    python weights_from_onnx.py MODEL_FOLDER checkpoint.pt

The folder is a released model (`config.json`, `onnx/model.onnx`). Its graph holds the matrices in layer
order (query/key/value, out, gate/up, down), as float32 or as int8 with one scale per output row.
"""

import json
import os
import sys

import onnx
import torch
from onnx import numpy_helper

from model import Shape


def shape_from_config(config: dict) -> Shape:
    """The sizes in a Hugging Face Llama configuration."""
    return Shape(
        vocab=config["vocab_size"], width=config["hidden_size"], layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"], kv_heads=config["num_key_value_heads"], hidden=config["intermediate_size"],
        context=config["max_position_embeddings"], rope_theta=config["rope_theta"], norm_eps=config["rms_norm_eps"],
    )


def read_weights(folder: str) -> tuple[Shape, dict[str, torch.Tensor]]:
    with open(os.path.join(folder, "config.json")) as file:
        shape = shape_from_config(json.load(file))
    graph = onnx.load(os.path.join(folder, "onnx", "model.onnx")).graph
    values = {each.name: torch.from_numpy(numpy_helper.to_array(each).copy()) for each in graph.initializer}
    for node in graph.node:  # int8 weights: Cast to float32, then Mul by the scale, restore the matrix
        if node.op_type == "Cast" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]].float()
        elif node.op_type == "Mul" and all(name in values for name in node.input):
            values[node.output[0]] = values[node.input[0]] * values[node.input[1]]
    vectors = [value for value in values.values() if value.shape == (shape.width,)]
    # The restored table comes after the one that is cast but not scaled yet.
    tables = [value for value in values.values() if value.is_floating_point() and value.shape == (shape.vocab, shape.width)]
    embedding = tables[-1]
    matrices = [
        values[node.input[1]].T.contiguous() for node in graph.node
        if node.op_type == "MatMul" and node.input[1] in values and shape.vocab not in values[node.input[1]].shape
    ]
    weights = {"embedding.weight": embedding}
    for layer in range(shape.layers):
        block = f"blocks.{layer}."
        weights[block + "attention_norm.weight"], weights[block + "mlp_norm.weight"] = vectors[2 * layer : 2 * layer + 2]
        for part, matrix in zip(("qkv", "out", "gate_up", "down"), matrices[4 * layer : 4 * layer + 4]):
            weights[f"{block}{part}.weight"] = matrix
    weights["final_norm.weight"] = vectors[2 * shape.layers]
    return shape, weights


def main() -> None:
    folder, target = sys.argv[1:3]
    shape, weights = read_weights(folder)
    torch.save({"shape": shape.to_dict(), "weights": weights}, target)


if __name__ == "__main__":
    main()
