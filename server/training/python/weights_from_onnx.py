"""Turn an exported model back into a checkpoint that `train.py --start` accepts.

    python weights_from_onnx.py MODEL_FOLDER checkpoint.pt

The folder is a released model (`config.json`, `onnx/model.onnx`). Its graph holds the weights under their names in
the checkpoint, matrices transposed except for the embedding, as float32 or as int8 with one scale per output.
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
    stored = {each.name: torch.from_numpy(numpy_helper.to_array(each).copy()) for each in graph.initializer}
    weights = {}
    for name, value in stored.items():
        if not name.endswith(".weight"):
            continue
        if f"{name}.scale" in stored:
            value = value.float() * stored[f"{name}.scale"]
        is_product = value.dim() == 2 and name != "embedding.weight"
        weights[name] = value.T.contiguous() if is_product else value
    return shape, weights


def main() -> None:
    folder, target = sys.argv[1:3]
    shape, weights = read_weights(folder)
    torch.save({"shape": shape.to_dict(), "weights": weights}, target)


if __name__ == "__main__":
    main()
