# SPDX-License-Identifier: MIT
"""What is tried, each time in a folder of its own, and what must hold after it."""

import collections
import os
import time

import run_files


def state_is_in(folder):
    return (folder / "state.safetensors").exists()


def measure(trial, scenario):
    """Counts the calls of an undisturbed command, which must succeed."""
    start = time.monotonic()
    process = trial.run(*scenario.command(trial.folder))
    scenario.seconds = time.monotonic() - start
    scenario.calls = collections.Counter(call[1] for call in process.calls)
    trial.require_success(process)
    trial.require_contents(scenario.ends[:1])


def finish(trial, scenario, chance):
    """Whatever has happened: the next start goes on, or puts back what was, and nothing is left."""
    lab, ends = trial.lab, scenario.ends
    if not scenario.has_run and not state_is_in(trial.folder):
        trial.require_sentence(trial.run(*lab.resume(trial.folder)))
        next_start = scenario.command(trial.folder)
        if "--overwrite" not in next_start:
            next_start.append("--overwrite")
    elif chance.random() < 0.2:
        next_start, ends = lab.overwrite(trial.folder), [scenario.new_end]
    else:
        if scenario.has_run and chance.random() < 0.2:
            page = trial.place / "page.html"
            trial.require_success(trial.run(*lab.report_of(trial.folder, "--out", page)))
        next_start = lab.resume(trial.folder)
    trial.require_success(trial.run(*next_start))
    trial.require_contents(ends)


def some_start(trial, scenario, chance):
    """A start after one that has died."""
    lab, starts = trial.lab, [trial.lab.resume(trial.folder)]
    if scenario.has_run:
        starts += [scenario.command(trial.folder),
                   lab.report_of(trial.folder, "--out", trial.place / "page.html")]
    return chance.choice(starts)


def kill_once(trial, scenario, chance, command, most_calls=None):
    """At a random moment, or before, in or after a call, one of the first `most_calls`."""
    if chance.random() < 0.4:
        trial.run(*command, kill_after=chance.uniform(0.001, 1.1 * scenario.seconds))
        return
    kind = chance.choice(["any", *scenario.calls])
    calls = scenario.calls.total() if kind == "any" else scenario.calls[kind]
    actions = ["kill-before", "kill-after"] + ["kill-half"] * (kind == "write")
    trial.run(*command, fault={"KIND": kind, "ACTION": chance.choice(actions),
                               "AT": chance.randint(1, max(min(calls, most_calls or calls), 1))})


def try_kills(trial, scenario, chance):
    """One kill, and perhaps more in the starts after it, often while they tidy up."""
    kill_once(trial, scenario, chance, scenario.command(trial.folder))
    while chance.random() < 0.5 and (scenario.has_run or state_is_in(trial.folder)):
        kill_once(trial, scenario, chance, some_start(trial, scenario, chance),
                  chance.choice((40, None)))
    finish(trial, scenario, chance)


def judge(trial, scenario, chance, process, ends, is_rough=False):
    """After a command that had to fail cleanly, or to pass over what happened.

    ends: of a command that succeeded
    is_rough: temporary files may be left until the next start, and a table's last line be cut off
    """
    if process.returncode == 0:
        trial.require_success(process)
        if is_rough and run_files.leftovers(trial.folder):
            trial.require_success(trial.run(*trial.lab.resume(trial.folder)))
        trial.require_contents(ends)
        return
    trial.require_sentence(process)
    trial.require(str(trial.folder) in process.err,
                  f"expected a sentence that names the file, got {process.err!r}")
    half = [name for name in run_files.half_written(trial.folder)
            if not (is_rough and name == "metrics.csv")]
    trial.require(not half, f"half-written: {half}")
    left = run_files.leftovers(trial.folder)
    trial.require(not left or is_rough, f"temporary files are left: {left}")
    finish(trial, scenario, chance)


def try_failing_call(trial, scenario, chance, fault):
    process = trial.run(*scenario.command(trial.folder), fault=fault)
    judge(trial, scenario, chance, process, scenario.ends[:1],
          is_rough=fault["KIND"] in ("any", "unlink"))  # removing it could fail as well


def try_failing_recovery(trial, scenario, chance, ways):
    """A kill, and a call that fails in the start after it."""
    kill_once(trial, scenario, chance, scenario.command(trial.folder))
    if not scenario.has_run and not state_is_in(trial.folder):
        finish(trial, scenario, chance)
        return
    command, kind = some_start(trial, scenario, chance), chance.choice([*ways])
    fault = {"KIND": kind, "AT": chance.randint(1, 40), "ACTION": chance.choice(ways[kind])}
    process = trial.run(*command, fault=fault)
    if command[0] == "report" and process.returncode == 0:
        finish(trial, scenario, chance)
    else:
        is_new = command == scenario.command(trial.folder)
        judge(trial, scenario, chance, process, scenario.ends[:1] if is_new else scenario.ends,
              is_rough=True)


def try_full_disk(trial, scenario, chance, how, size):
    """how: space (of inject.c), file (RLIMIT_FSIZE) or tmpfs; size: bytes more than there are."""
    options = {"space": {"fault": {"SPACE": size}}, "file": {"blocks": size // 512}}.get(how, {})
    if how == "tmpfs":
        used = os.statvfs(trial.disk)
        size += (used.f_blocks - used.f_bfree) * used.f_frsize
        trial.log.append(f"{trial.disk} is a tmpfs of {size} bytes")
        trial.mount(f"remount,size={max(size, 4096)}")
    process = trial.run(*scenario.command(trial.folder), **options)
    trial.faults += how != "space" and process.returncode == 1
    if how == "tmpfs":
        trial.mount("remount,size=64m")
    judge(trial, scenario, chance, process, scenario.ends[:1])


def try_together(trial, chance, kinds):
    """kinds: of both commands that start at once; one trains, and the other is refused."""
    lab = trial.lab
    commands = {"train": [*lab.earlier, "--out", trial.folder],
                "replace": [*lab.earlier, "--out", trial.folder, "--overwrite"],
                "shorten": [*lab.shorter, "--out", trial.folder, "--overwrite"],
                "overwrite": lab.overwrite(trial.folder),
                "resume": lab.resume(trial.folder),
                "report": lab.report_of(trial.folder, "--out", trial.place / "page.html")}
    ends = dict(lab.ends)
    if not trial.folder.exists():
        ends["overwrite"] = ends["overwrite nothing"]
    processes, reports = [], []
    waiting = chance.choice([*kinds, None])  # in the middle, for as long as the other takes
    wait = {"ACTION": "wait", **chance.choice(({"KIND": "lock", "AT": chance.randint(1, 2)},
                                               {"KIND": "any", "AT": chance.randint(1, 100)}))}
    for kind in kinds:
        processes.append(trial.begin(*commands[kind], fault=wait if kind == waiting else None))
        reports.append(trial.report)
        time.sleep(chance.choice((0, chance.uniform(0, 0.05))))
    winners, spans = [], []
    for kind, process, report in zip(kinds, processes, reports):
        trial.end(process)
        if kind == "report":
            continue
        if process.returncode == 0:
            trial.require_success(process)
            winners.append(kind)
            times = [float(line.split(" ")[3]) for line in report.read_text().splitlines()
                     if line.split(" ")[1:2] in (["create"], ["rename"], ["unlink"])]
            spans.append((min(times), max(times)))
        else:
            trial.require_sentence(process)
            refused = (f"another process trains in '{trial.folder}' now",
                       *["is not empty"] * (kind == "train"),
                       *["no run to resume", "of a run whose"] * (kind == "resume"))
            trial.require(any(part in process.err for part in refused),
                          f"expected a refusal that names the folder, got {process.err!r}")
    trial.require(winners, "nobody has trained")
    if len(winners) == 2:
        (_, end), (begin, _) = sorted(spans)
        trial.require(begin > end, "both trained at the same time")
        winners = [kind for kind in winners if kind != "resume"] or winners  # it changes nothing
    trial.require_contents([ends[winner] for winner in winners])


def try_command(trial, command, fault):
    process = trial.run(*command.prepare(trial), fault=fault)
    got = run_files.contents(trial.folder)
    if fault["KIND"] in ("any", "unlink"):  # a temporary file may be left
        got = {name: value for name, value in got.items() if not name.startswith(".ebm-")}
    if process.returncode == 0:
        trial.require_success(process)
        trial.require(got == command.after, run_files.difference(command.after, got))
        return
    trial.require_sentence(process)
    trial.require(str(trial.folder) in process.err,
                  f"expected a sentence that names the file, got {process.err!r}")
    mixed = {name: value if value in (command.before.get(name), command.after.get(name)) else "half"
             for name, value in got.items()}
    trial.require(got == mixed and got.keys() == command.before.keys(),
                  "expected old or new files, but " + run_files.difference(command.before, got))
