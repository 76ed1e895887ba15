"""What the numbers were measured on: processor, instruction sets, memory, kernel."""

import os
import platform

# The instruction sets that decide how wide the kernels of the engines are.
VECTOR_SETS = ["sse4_1", "avx", "avx2", "fma", "avx512f", "avx512dq", "avx512vl", "asimd", "sve"]


def cores():
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def describe():
    processor = _pairs("/proc/cpuinfo")
    flags = (processor.get("flags") or processor.get("Features") or "").split()
    memory = _pairs("/proc/meminfo").get("MemTotal", "").split()
    return {
        "processor": processor.get("model name") or platform.processor() or platform.machine(),
        "family_model_stepping": [processor.get(key) for key in ("cpu family", "model", "stepping")],
        "l3_cache": _line("/sys/devices/system/cpu/cpu0/cache/index3/size"),
        "cores": len(cores()),
        "vector_sets": [name for name in VECTOR_SETS if name in flags],
        "memory_gib": round(int(memory[0]) / 2**20, 1) if memory else None,
        "kernel": platform.release(),
        "system": platform.platform(),
        "virtual": "hypervisor" in flags,
    }


def load():
    """Runnable processes, averaged over the last minute: above one before a run, something else is at work."""
    try:
        return round(os.getloadavg()[0], 2)
    except OSError:
        return None


def _pairs(path):
    """The first `key : value` of every key of a file in /proc; nothing on other systems."""
    found = {}
    try:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                key, colon, value = line.partition(":")
                if colon:
                    found.setdefault(key.strip(), value.strip())
    except OSError:
        pass
    return found


def _line(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return None
