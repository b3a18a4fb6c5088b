"""What 8-bit weights cost, and reference logits for checks of the exported graph.

    python measure_quantization.py checkpoint.pt --validate NAME=rows.bin ... --reference reference.json

Prints the loss (nats per token) with float32 weights and with the shipped ones. The reference holds 48
ids of a validation row and a sample of the logits at three positions, computed in float32 from the shipped
weights.
"""

import argparse
import json

import torch
import torch.nn.functional as F

from model import Model, Shape
from quantize import as_shipped
from rows import IGNORED, validation_rows

REFERENCE_IDS = 48
REFERENCE_POSITIONS = (0, 20, 47)
#: Every so many ids a logit is kept.
REFERENCE_STEP = 32


@torch.no_grad()
def loss_of(model: Model, ids: torch.Tensor, targets: torch.Tensor) -> float:
    total = 0.0
    for first in range(0, len(ids), 4):
        logits = model(ids[first : first + 4]).flatten(0, 1)
        total += F.cross_entropy(logits, targets[first : first + 4].flatten(), ignore_index=IGNORED, reduction="sum").item()
    return total / int((targets != IGNORED).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--validate", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--reference", help="file for the reference logits")
    parser.add_argument("--report", help="file for the losses")
    parser.add_argument("--rows", type=int, default=48, help="validation rows to measure on")
    options = parser.parse_args()
    saved = torch.load(options.checkpoint, map_location="cpu")
    models = {}
    for kind, weights in (("float32", saved["weights"]), ("shipped", as_shipped(saved["weights"]))):
        models[kind] = Model(Shape(**saved["shape"]))
        models[kind].load_state_dict(weights)
        models[kind].eval()
    result = {}
    for pair in options.validate:
        name, path = pair.split("=", 1)
        ids, targets = validation_rows(path, saved["shape"]["context"], options.rows)
        result[name] = {kind: round(loss_of(model, ids, targets), 5) for kind, model in models.items()}
        result[name]["increase"] = round(result[name]["shipped"] / result[name]["float32"] - 1, 5)
    if options.reference:
        row = ids[0, :REFERENCE_IDS]
        with torch.no_grad():
            logits = models["shipped"](row[None])[0]
        sample = {str(at): [round(v, 6) for v in logits[at, ::REFERENCE_STEP].tolist()] for at in REFERENCE_POSITIONS}
        reference = {"ids": row.tolist(), "step": REFERENCE_STEP, "logits": sample}
        with open(options.reference, "w") as file:
            json.dump(reference, file)
    print(json.dumps(result))
    if options.report:
        with open(options.report, "w") as file:
            json.dump(result, file)


if __name__ == "__main__":
    main()
