"""Train the model on prepared rows, on a GPU when there is one and on the CPU otherwise.

    python train.py --rows train.bin --validate name=val.bin ... --out checkpoint.pt --minutes 60

Warm-up, a stretch at the full learning rate, then a linear decay to zero that ends with the budget. A
run that finds its checkpoint continues from it, and its clock with it; `--start` takes only the weights
of an earlier model. Stopping the process (SIGTERM, Ctrl-C) saves the checkpoint first. Progress goes to standard output and, one JSON object per line, to `--log`.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import time

import torch
import torch.nn.functional as F

from model import Model, Shape
from muon import Muon, split_parameters
from rows import IGNORED, Rows, validation_rows


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", required=True, help="training rows")
    parser.add_argument("--validate", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--out", required=True, help="checkpoint to write and, when it exists, to continue")
    parser.add_argument("--start", help="checkpoint whose weights begin a new run")
    parser.add_argument("--log", help="progress file, JSON lines, appended to")
    parser.add_argument("--minutes", type=float, required=True, help="training time of the whole run")
    parser.add_argument("--batch-tokens", type=int, default=8192, help="tokens per step")
    parser.add_argument("--matrix-rate", type=float, default=0.015, help="peak learning rate of Muon")
    parser.add_argument("--other-rate", type=float, default=0.003, help="peak learning rate of AdamW")
    parser.add_argument("--warmup-steps", type=int, default=60)
    parser.add_argument("--decay-share", type=float, default=0.6, help="share of the run in which the rate falls")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="CPU threads, 0 for all")
    parser.add_argument("--no-compile", action="store_true", help="skip torch.compile (no C++ compiler)")
    parser.add_argument("--save-minutes", type=float, default=4)
    parser.add_argument("--validate-minutes", type=float, default=4)
    for name, default in Shape().to_dict().items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(default), default=default)
    return parser.parse_args()


def rate_share(progress: float, step: int, warmup_steps: int, decay_share: float) -> float:
    """Share of the peak learning rate at `progress` (0 to 1) of the run."""
    warm = min(1.0, (step + 1) / warmup_steps)
    falling = max(0.0, (1.0 - progress) / decay_share)
    return min(warm, falling, 1.0)


def save(path: str, state: dict) -> None:
    torch.save(state, path + ".partial")
    os.replace(path + ".partial", path)


def main() -> int:
    options = arguments()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    shape = Shape(**{name: getattr(options, name) for name in Shape().to_dict()})
    model = Model(shape).to(device)
    matrices, others = split_parameters(model)
    muon = Muon(matrices)
    adam = torch.optim.AdamW(others, lr=options.other_rate, betas=(0.9, 0.95), weight_decay=0.0)

    step = tokens = 0
    position = 0
    trained_seconds = 0.0
    if os.path.exists(options.out):
        state = torch.load(options.out, map_location=device)
        model.load_state_dict(state["weights"])
        if "muon" in state:
            muon.load_state_dict(state["muon"])
            adam.load_state_dict(state["adam"])
        step, tokens, position, trained_seconds = (state[k] for k in ("step", "tokens", "position", "seconds"))
        print(f"continuing {options.out} after {trained_seconds / 60:.1f} minutes, {tokens / 1e6:.1f} M tokens", flush=True)
    elif options.start:
        model.load_state_dict(torch.load(options.start, map_location=device)["weights"])
        print(f"starting from the weights in {options.start}", flush=True)

    rows = Rows(options.rows, shape.context, options.seed)
    validation = {}
    for pair in options.validate:
        name, path = pair.split("=", 1)
        validation[name] = validation_rows(path, shape.context)
    rows_per_step = max(1, options.batch_tokens // shape.context)
    budget = options.minutes * 60
    count = sum(parameter.numel() for parameter in model.parameters())
    print(f"{count / 1e6:.2f} M parameters, {len(rows)} rows of {shape.context}, {device}, {options.minutes:g} minutes", flush=True)

    def token_losses(ids, targets, reduction):
        with torch.autocast(device, torch.bfloat16):
            hidden = model.hidden_states(ids).flatten(0, 1)
            logits = F.linear(hidden, model.embedding.weight)
        return F.cross_entropy(logits.float(), targets.flatten(), ignore_index=IGNORED, reduction=reduction)

    compiled = token_losses if options.no_compile else torch.compile(token_losses)

    @torch.no_grad()
    def validate() -> dict[str, float]:
        losses = {}
        for name, (ids, targets) in validation.items():
            total = 0.0
            for first in range(0, len(ids), 8):
                part = slice(first, first + 8)
                total += token_losses(ids[part].to(device), targets[part].to(device), "sum").item()
            losses[name] = round(total / max(1, int((targets != IGNORED).sum())), 4)
        return losses

    log = open(options.log, "a", buffering=1) if options.log else contextlib.nullcontext()

    def report(**entry) -> None:
        entry = {"step": step, "tokens": tokens, "seconds": round(trained_seconds, 1), **entry}
        print(" ".join(f"{key} {value}" for key, value in entry.items()), flush=True)
        if options.log:
            log.write(json.dumps(entry) + "\n")

    def checkpoint() -> None:
        save(options.out, {
            "shape": shape.to_dict(), "weights": model.state_dict(), "muon": muon.state_dict(), "adam": adam.state_dict(),
            "step": step, "tokens": tokens, "position": position, "seconds": trained_seconds,
        })

    interrupted = []
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: interrupted.append(True))

    with log:
        recent, reported_at, reported_tokens = [], trained_seconds, tokens
        saved_at = validated_at = trained_seconds
        while trained_seconds < budget and not interrupted:
            began = time.monotonic()
            share = rate_share(trained_seconds / budget, step, options.warmup_steps, options.decay_share)
            ids, targets = rows.batch(position, rows_per_step)
            tokens += int((targets != IGNORED).sum())
            loss = compiled(ids.to(device), targets.to(device), "mean")
            loss.backward()
            torch.nn.utils.clip_grad_norm_(others, 1.0)
            for group in adam.param_groups:
                group["lr"] = options.other_rate * share
            adam.step()
            muon.step(options.matrix_rate * share)
            model.zero_grad(set_to_none=True)
            recent.append(loss.detach())
            step += 1
            position += rows_per_step
            trained_seconds += time.monotonic() - began
            if trained_seconds - reported_at > 15:
                speed = (tokens - reported_tokens) / (trained_seconds - reported_at)
                report(loss=round(torch.stack(recent).mean().item(), 4), rate=round(share, 3), tokens_per_second=round(speed),
                       minutes_left=round((budget - trained_seconds) / 60, 1))
                recent, reported_at, reported_tokens = [], trained_seconds, tokens
            if trained_seconds - validated_at > options.validate_minutes * 60:
                report(validation=validate())
                validated_at = trained_seconds
            if trained_seconds - saved_at > options.save_minutes * 60:
                checkpoint()
                saved_at = trained_seconds
        checkpoint()
        if interrupted:
            print(f"stopped; the same command continues from {options.out}", flush=True)
            return 1
        report(validation=validate(), finished=True)
        return 0


if __name__ == "__main__":
    sys.exit(main())
