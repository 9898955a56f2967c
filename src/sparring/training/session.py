"""From a recipe to a finished run: prepare everything, play, and leave it whole."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from sparring.augment._adaptive import AdaptiveStrength
from sparring.core import components, files, memory
from sparring.core import device as devices
from sparring.core.errors import BadData, Interrupted, TrainingFailed, UserError
from sparring.core.interrupts import stopping
from sparring.core.recipe import Recipe, network_slot
from sparring.core.rng import Streams
from sparring.core.spec import Spec
from sparring.data import Dataset, Samples
from sparring.generation.model_file import modality_of
from sparring.networks import Networks
from sparring.objectives import Objective
from sparring.provenance import manifest
from sparring.training import checkpoint
from sparring.training.display import Display
from sparring.training.distributed import Team, check_share, team
from sparring.training.feed import Feed
from sparring.training.judging import judge_for, may_be_scored
from sparring.training.keeper import Keeper
from sparring.training.log import Log
from sparring.training.loop import Match, play
from sparring.training.model import Model
from sparring.training.profile import traced
from sparring.training.rehearsal import Estimate, estimate, settled
from sparring.training.run import Run, create
from sparring.training.state import State
from sparring.training.watch import Watch

UNSCORED = (
    "health.policy = 'rollback' returns to the best checkpoint, but this training is not scored; "
    "choose 'warn' or 'stop', or a longer training."
)


def train(
    recipe: Recipe | str,
    overrides: Mapping[str, Any] | None = None,
    *,
    out: str | Path = "",
    device: str = "auto",
    quiet: bool = False,
) -> Run:
    """Train a recipe from its beginning and return the run.

    Args:
        recipe: a recipe, the name of a shipped one, or the path of a TOML file.
        overrides: settings by dotted key, such as `{"objective.gamma": 0.5, "samples": 50_000}`.
        out: the run's folder; empty = the first free one of runs/NAME, runs/NAME-2, ...
        device: "auto", "cpu", "cuda" or "cuda:1".
        quiet: whether to show no progress.

    Raises:
        UserError: the recipe or the data cannot be used.
        TrainingFailed: the losses were not finite even after a roll-back.
        OutOfResources: the disk is full; the last checkpoint is whole.
        Interrupted: Ctrl-C or SIGTERM; the run is saved and can be resumed.
    """
    if isinstance(recipe, Recipe):
        chosen = recipe.replace(overrides) if overrides else recipe
    else:
        chosen = Recipe.read(recipe, overrides)
    with (
        memory.enough(),
        devices.repeatable(),
        devices.threads(chosen.training.threads) as threads,
        team(device) as players,
    ):
        check_share(chosen.batch, chosen.training.accumulate, players.world)
        dataset, samples = read_data(chosen, players)
        match = prepare(chosen, dataset.spec, samples, players)
        if chosen.health.policy == "rollback" and not may_be_scored(chosen, match.feed.modality):
            raise UserError(UNSCORED)  # before there is a folder
        match = settled(match)
        folder = ""
        if players.leads:
            facts = manifest.of_run(
                chosen, device=players.device, threads=threads, processes=players.world,
                precision=match.precision, data_hash=samples.hash(), data_source=dataset.source,
                data_licence=dataset.licence,
            )  # fmt: skip
            folder = str(create(str(out), chosen, facts).folder)
        return _finish(Run(players.agree(folder)), match, dataset, quiet=quiet)


def resume(
    folder: str | Path, *, device: str = "", inexact: bool = False, quiet: bool = False
) -> Run:
    """Go on with a run from its newest whole checkpoint, to the same bits as without the stop.

    Args:
        folder: the run.
        device: empty = where it was trained before.
        inexact: accept another torch version, device, thread or process count, or changed data.
        quiet: whether to show no progress.

    Raises:
        UserError: the machine differs from the run's and `inexact` is not set.
        BadData: no whole checkpoint.
    """
    run = Run(folder)
    recipe, before = run.recipe, run.manifest
    try:
        device = device or before["device"]
        precision, data_before = before["precision"], before["data"]["sha256"]
        then = {name: before[name] for name in ("torch", "device", "threads", "processes")}
    except (KeyError, TypeError) as error:
        raise BadData(f"{run.folder / 'manifest.json'} is damaged: no {error} in it.") from error
    with (
        memory.enough(),
        devices.repeatable(),
        devices.threads(recipe.training.threads) as threads,
        team(device) as players,
    ):
        check_share(recipe.batch, recipe.training.accumulate, players.world)
        dataset, samples = read_data(recipe, players)
        now = {
            "torch": torch.__version__,
            "device": players.device.type,
            "threads": threads,
            "processes": players.world,
        }
        changed = [f"{k} was {then[k]} and is {now[k]}" for k in now if then[k] != now[k]]
        if samples.hash() != data_before:
            changed.append("the data are not the same")
        if changed and not inexact:
            raise UserError(
                f"{folder} cannot be resumed bit for bit: {'; '.join(changed)}. "
                f"To go on all the same: sparring resume {folder} --inexact."
            )
        match = prepare(recipe, dataset.spec, samples, players, precision=precision, is_new=False)
        return _finish(run, match, dataset, quiet=quiet)


def plan(recipe: Recipe, *, device: str = "auto") -> Estimate:
    """What a training would take on this machine, measured on a few steps; nothing is written."""
    with memory.enough(), devices.threads(recipe.training.threads), team(device) as players:
        dataset, samples = read_data(recipe, players)
        return estimate(prepare(recipe, dataset.spec, samples, players))


def read_data(recipe: Recipe, players: Team) -> tuple[Dataset, Samples]:
    """The recipe's data set and its training part, fetched and packed by the leader alone."""
    dataset: Dataset = components.build(components.DATASET, recipe.data, where="data")
    with players.leader_first():
        return dataset, dataset.split("train")


def prepare(
    recipe: Recipe,
    spec: Spec,
    samples: Samples,
    players: Team,
    *,
    precision: str = "auto",
    is_new: bool = True,
) -> Match:
    """A match ready to play, with fresh weights from the recipe's seed.

    Where it goes on and is not `is_new`, weights from elsewhere are not looked for.
    """
    streams = Streams(recipe.seed, rank=players.rank, world=players.world)
    objective: Objective = components.build(
        components.OBJECTIVE, recipe.objective, where="objective"
    )
    moving = {phase.player for phase in objective.phases()}
    if moving | {"generator"} != set(recipe.networks):
        raise UserError(
            f"The objective {recipe.objective['name']} moves {', '.join(sorted(moving))}, but the "
            f"recipe's networks are {', '.join(sorted(recipe.networks))}; give the same."
        )
    networks = _networks(recipe, spec, is_new=is_new)
    objective.require_playable(networks, spec)
    # torch takes a device and a memory format together, but does not say so in its types.
    networks.to(players.device, memory_format=torch.channels_last)  # pyrefly: ignore
    augment = None
    if recipe.augment:
        augment = components.build(components.AUGMENT, recipe.augment, where="augment")
    return Match(
        recipe=recipe,
        objective=objective,
        state=State(recipe, networks, streams, AdaptiveStrength.of(augment)),
        feed=Feed(
            samples,
            modality_of(spec),
            seed=recipe.seed,
            batch=recipe.batch,
            rank=players.rank,
            world=players.world,
            device=players.device,
        ),
        team=players,
        precision=precision,
        augment=augment,
    )


def _networks(recipe: Recipe, spec: Spec, *, is_new: bool) -> Networks:
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        networks = Networks(
            {
                player: components.build(
                    network_slot(player), given, spec, where=f"networks.{player}"
                )
                for player, given in sorted(recipe.networks.items())
            }
        )
        if is_new:
            networks.generator.begin()
    return networks


def _finish(run: Run, match: Match, dataset: Dataset, *, quiet: bool) -> Run:
    """Play to the end inside the run's folder, and write down how it went."""
    state, players, recipe = match.state, match.team, match.recipe
    with contextlib.ExitStack() as stack:
        if players.leads:
            stack.enter_context(files.Lock(run.folder / "lock", f"the run {run.folder}"))
            checkpoint.sweep(run.folder / "checkpoints")
        display = Display(recipe.samples, quiet=quiet or not players.leads)
        model = Model(run.folder, recipe, dataset.spec, dataset.licence, match.objective.phases())
        saved = _restored(run, match, model, display)
        players.wait()  # or the leader's first checkpoint could look like one to go on from
        display.begin(state.samples)
        if saved >= recipe.samples:
            display.say(f"{run.folder} is complete: {saved:,} samples were shown.")
            return run
        display.say(f"Training in {run.folder}, on {players.device} in {match.precision}.")
        log = stack.enter_context(Log(run.folder, state.samples)) if players.leads else None
        watch = _watch(match, dataset, display) if players.leads else None
        stop = stack.enter_context(stopping())
        keeper = Keeper(
            run.folder,
            recipe=recipe,
            state=state,
            team=players,
            modality=match.feed.modality,
            asked=match.feed.asked(recipe.training.preview_count),
            model=model,
            watch=watch,
            log=log,
            display=stack.enter_context(display),
            stop=stop,
            saved=saved,
        )
        keeper.start()
        try:
            with traced(run.folder, on=recipe.profile and players.leads):
                play(match, keeper)
            if not keeper.save():
                raise TrainingFailed(
                    f"Training diverged: after {state.samples:,} samples the weights are not "
                    "finite; the last good checkpoint is kept. Lower optimiser.learning_rate."
                )
        finally:
            if players.leads:
                _leave(run, keeper)
    if state.samples < recipe.samples:
        raise Interrupted(
            f"Stopped after {state.samples:,} of {recipe.samples:,} samples and saved; "
            f"go on with 'sparring resume {run.folder}'."
        )
    return run


def _restored(run: Run, match: Match, model: Model, display: Display) -> int:
    """Bring the match to the newest whole checkpoint; its samples, or -1 where there is none."""
    if not checkpoint.complete(run.folder / "checkpoints"):
        return -1
    path, parts, counters, complaints = checkpoint.newest(run.folder / "checkpoints")
    match.state.restore(parts, counters, str(path))
    if match.team.leads:
        for complaint in complaints:
            display.warn(f"{complaint} Going on from {path.name} instead.")
        model.recover(match.state)
    return match.state.samples


def _watch(match: Match, dataset: Dataset, display: Display) -> Watch:
    """What watches over this training; the leader's alone."""
    recipe, feed = match.recipe, match.feed
    judge = judge_for(
        recipe, dataset, feed.modality, feed.samples, match.team.device, hear=display.say
    )
    if recipe.health.policy == "rollback" and (judge is None or not judge.eye.scores):
        raise UserError(UNSCORED)
    return Watch(recipe, match.state, dataset.spec, feed.samples.labels, judge, display)


def _leave(run: Run, keeper: Keeper) -> None:
    try:
        _write_end(run, keeper.state)
    finally:
        keeper.leave()


def _write_end(run: Run, state: State) -> None:
    history, spent = state.history, state.seconds + state.judge_seconds
    facts = {
        **{key: value for key, value in run.manifest.items() if key != "best"},
        "saved": manifest.now(),
        "seconds": round(state.seconds, 1),
        "samples_per_second": round(state.samples / max(state.seconds, 1e-9), 1),
        "energy": manifest.energy(spent, run.manifest["device"]),
        "judging": {
            "seconds": round(state.judge_seconds, 1),
            "share": round(state.judge_seconds / max(spent, 1e-9), 4),
            "scorings": history.scorings,
            "extractor": history.eye,
        },
        "health": [asdict(finding) for finding in state.health.findings],
    }
    if history.best_samples >= 0:
        facts["best"] = {"samples": history.best_samples, "score": history.best_score}
    files.atomic_write(run.folder / "manifest.json", json.dumps(facts, indent=1).encode())
