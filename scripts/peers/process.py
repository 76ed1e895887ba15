"""Runs a program pinned to cores, in a process group of its own, so that Ctrl-C leaves nothing behind."""

import os
import shutil
import signal
import subprocess

TAIL = 2000


class Failed(Exception):
    """A program that did not do its work; `tail` is the end of what it said."""

    def __init__(self, message, tail=""):
        super().__init__(message)
        self.tail = tail


class Unavailable(Exception):
    """An engine that cannot be had here; the message ends with what would help."""


def run(command, *, folder=None, env=None, cores=None, timeout=1800):
    """Standard output of a program; `Failed` with the end of its words when it does not end well."""
    command = [str(word) for word in command]
    words = [*pinned(cores), *command]
    try:
        child = subprocess.Popen(
            words, cwd=folder, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
        )
    except OSError as error:
        raise Failed(f"{command[0]} cannot be started: {error.strerror}") from error
    try:
        out, err = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Failed(f"{os.path.basename(command[0])} ran longer than {timeout} s") from None
    finally:
        end(child)
    if child.returncode != 0:
        raise Failed(f"{os.path.basename(command[0])} ended with code {child.returncode}", (out + err)[-TAIL:])
    return out


def pinned(cores):
    """The words that bind a program to cores; none where taskset is missing: the scheduler then moves it about."""
    taskset = shutil.which("taskset")
    return [taskset, "-c", ",".join(map(str, cores))] if taskset and cores else []


def end(child):
    """Kills the whole group of a child: an engine may have started helpers."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    child.wait()


def threads(count=1):
    """The variables by which OpenMP, BLAS, OpenMM, XLA and admd are told how many threads to use."""
    env = {name: str(count) for name in
           ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENMM_CPU_THREADS", "ADMD_THREADS")}
    env["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads={count}"
    env["JAX_PLATFORMS"] = "cpu"
    return env
