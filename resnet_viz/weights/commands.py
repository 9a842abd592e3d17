"""`python -m resnet_viz weights …`: prepare a machine before the class comes, without a browser."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from resnet_viz.errors import WeightsError
from resnet_viz.images.preprocessing import INTERPOLATIONS
from resnet_viz.jobs import Progress
from resnet_viz.weights import checkpoints, download
from resnet_viz.weights.checkpoints import Checkpoint, is_intact, networks, published
from resnet_viz.weights.conversion import convert
from resnet_viz.weights.download import DownloadJob
from resnet_viz.weights.preparation import NAMES, Preparation, prepared_as
from resnet_viz.weights.sizes import megabytes

_ROW = "{:<17} {:<8} {:>9} {:>7} {:>7}  {}"
_INTERRUPTED = 130  # what a shell expects after Ctrl-C


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `weights` and its commands; each returns an exit status and may raise `WeightsError`."""
    weights = commands.add_parser("weights", help="fetch ImageNet's parameters, convert your own")
    actions = weights.add_subparsers(required=True, metavar="ACTION")
    names = f"one of {', '.join(networks())}"

    listing = actions.add_parser("list", help="what is published, and what is on this machine")
    listing.add_argument("--format", choices=("table", "json"), default="table")
    listing.set_defaults(command=_list)

    fetching = actions.add_parser("fetch", help="download ImageNet's parameters")
    fetching.add_argument("names", nargs="*", metavar="NAME", help=names)
    fetching.add_argument("--all", action="store_true", help="every network")
    fetching.add_argument(
        "--version", choices=("v1", "v2", "all"), help="else each network's most accurate one"
    )
    fetching.set_defaults(command=_fetch)

    verifying = actions.add_parser("verify", help="compare the files with their published hashes")
    verifying.add_argument("names", nargs="*", metavar="NAME", help=names)
    verifying.set_defaults(command=_verify)

    converting = actions.add_parser("convert", help="a .pth file of your own to .safetensors")
    converting.add_argument("source", type=Path, metavar="FILE.pth")
    converting.add_argument("target", type=Path, metavar="OUT.safetensors")
    converting.add_argument("--overwrite", action="store_true", help="replace what is there")
    converting.add_argument("--half", action="store_true", help="16-bit numbers: half the size")
    converting.add_argument(
        "--table", default="", metavar="NAME", help="which of several tables to take: model_ema"
    )
    add_preprocessing(converting)
    converting.set_defaults(command=_convert)


def add_preprocessing(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how images were prepared in training; `given_preprocessing` reads them."""
    group = parser.add_argument_group(
        "preprocessing in training",
        "where the file does not say it; else as for ImageNet or CIFAR-10",
    )
    group.add_argument("--mean", default="", help="0.5, or three: 0.485,0.456,0.406")
    group.add_argument("--std", default="", help="as --mean, on the same scale")
    group.add_argument(
        "--range", default="", help="what white is before that: 1 (the default) or 255"
    )
    group.add_argument("--order", default="", help="of the channels: rgb (the default) or bgr")
    group.add_argument(
        "--resize", default="", help="shorter side, pixels; up to 1: the share that the crop keeps"
    )
    group.add_argument("--interpolation", default="", help=", ".join(INTERPOLATIONS))


def given_preprocessing(options: argparse.Namespace) -> Preparation:
    """What those options say; raises `WeightsError`."""
    return prepared_as({name: getattr(options, name) for name in NAMES})


def _list(options: argparse.Namespace) -> int:
    folder = checkpoints.folder()
    rows = [_row(checkpoint, folder) for checkpoint in checkpoints.CHECKPOINTS]
    if options.format == "json":
        print(json.dumps({"folder": str(folder), "checkpoints": rows}, indent=2))
        return 0
    print(_ROW.format("Network", "Version", "Size", "Top-1", "Top-5", "Here"))
    for row, checkpoint in zip(rows, checkpoints.CHECKPOINTS, strict=True):
        here = "yes" if row["here"] else "–"
        scores = (f"{checkpoint.acc1:.1f} %", f"{checkpoint.acc5:.1f} %")
        size = megabytes(checkpoint.size)
        print(_ROW.format(checkpoint.network, checkpoint.version, size, *scores, here))
    print(f"\nFolder: {folder}\n{checkpoints.LICENCE}")
    return 0


def _row(checkpoint: Checkpoint, folder: Path) -> dict[str, Any]:
    return {
        "network": checkpoint.network,
        "version": checkpoint.version,
        "file": checkpoint.file,
        "url": checkpoint.url,
        "size_mb": checkpoint.size_mb,
        "sha256_prefix": checkpoint.sha256_prefix,
        "resize": checkpoint.resize,
        "crop": checkpoint.crop,
        "acc1": checkpoint.acc1,
        "acc5": checkpoint.acc5,
        "recipe": checkpoint.recipe,
        "here": (folder / checkpoint.file).is_file(),
    }


def _fetch(options: argparse.Namespace) -> int:
    """Try all that are asked for, one after the other; 2 if one of them failed."""
    wanted = _wanted(options)
    if len(wanted) > 1:
        total = sum(checkpoint.size for checkpoint in wanted)
        print(f"{len(wanted)} files, {megabytes(total)} in all", flush=True)
    try:
        fetched = [_fetch_one(checkpoint) for checkpoint in wanted]
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0 if all(fetched) else 2


def _wanted(options: argparse.Namespace) -> list[Checkpoint]:
    names: Sequence[str] = networks() if options.all else tuple(dict.fromkeys(options.names))
    if not names:
        raise WeightsError("No network is named; name one or more, or give --all.")
    wanted = []
    for name in names:
        versions = published(name)
        if options.version is None:
            wanted.append(versions[0])
            continue
        fitting = [c for c in versions if options.version in (c.version, "all")]
        if not fitting and not options.all:
            raise WeightsError(
                f"There is no {options.version} of {name}; there is {versions[0].version}."
            )
        wanted += fitting
    return wanted


def _fetch_one(checkpoint: Checkpoint) -> bool:
    """Fetch one file and say how it went; Ctrl-C leaves nothing of it behind and is raised again."""
    here = (checkpoints.folder() / checkpoint.file).is_file()
    size, source = megabytes(checkpoint.size), checkpoint.url.rpartition("/")[0]
    verb = "Checking" if here else "Fetching"
    print(f"{verb} {_title(checkpoint)}: {checkpoint.file}, {size}, from {source}", flush=True)
    running = download.start(checkpoint)
    try:
        end = _watch(running)
    except KeyboardInterrupt:
        running.cancel()
        print(running.wait().sentence, file=sys.stderr)
        raise
    print(end.sentence, file=sys.stdout if end.state == "done" else sys.stderr, flush=True)
    return end.state == "done"


def _watch(running: DownloadJob) -> Progress:
    """Wait for the end, with a line that counts up where somebody can see it."""
    if not sys.stderr.isatty():
        return running.wait()
    while not (now := running.wait(0.2)).has_ended:
        print(f"\r{now.sentence:<78}", end="", file=sys.stderr, flush=True)
    print(f"\r{'':<78}\r", end="", file=sys.stderr, flush=True)
    return now


def _verify(options: argparse.Namespace) -> int:
    """Hash every file that is here; 2 if one is damaged, or a network that was named is not here."""
    folder = checkpoints.folder()
    names = set(options.names) or set(networks())
    wanted = [checkpoint for name in names for checkpoint in published(name)]
    found = [c for c in checkpoints.CHECKPOINTS if c in wanted and (folder / c.file).is_file()]
    states = [_state(checkpoint, folder) for checkpoint in found]
    for checkpoint, state in zip(found, states, strict=True):
        print(f"{state:<8} {_title(checkpoint)}: {checkpoint.file}", flush=True)
    missing = sorted(set(options.names) - {checkpoint.network for checkpoint in found})
    for name in missing:
        print(f"missing  {name}")
    if not found and not missing:
        print("No ImageNet parameters are on this machine; fetch some with `weights fetch NAME`.")
    return 2 if missing or set(states) - {"ok"} else 0


def _state(checkpoint: Checkpoint, folder: Path) -> str:
    try:
        return "ok" if is_intact(folder / checkpoint.file, checkpoint) else "damaged"
    except OSError:
        return "unreadable"


def _convert(options: argparse.Namespace) -> int:
    done = convert(
        options.source,
        options.target,
        overwrite=options.overwrite,
        half=options.half,
        table=options.table,
        preparation=given_preprocessing(options),
    )
    print(done)
    return 0


def _title(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.network} {checkpoint.version.upper()}"
