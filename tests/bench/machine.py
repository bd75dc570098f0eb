"""What the figures were measured on."""
import os
import platform
import re
import statistics
import time

from bench import processes


def facts(world):
    return {
        "cpu": first(r"model name\s*: (.*)", processes.read("/proc/cpuinfo")) or platform.machine(),
        "cores": os.cpu_count(),
        "memory_mib": int(first(r"MemTotal:\s*(\d+)", processes.read("/proc/meminfo")) or 0) // 1024,
        "kernel": platform.release(),
        "system": first(r'PRETTY_NAME="(.*)"', processes.read("/etc/os-release")),
        "file_system": file_system(world.folder),
        "sync_ms": round(sync_milliseconds(world.folder), 3),
        "load_before": os.getloadavg()[0],
        "postgres": world.postgres.shown_settings(),
        "cmake_build_type": first(r"CMAKE_BUILD_TYPE:\w+=(\w+)", cache(world)),
        "cxx_flags": first(r"CMAKE_CXX_FLAGS_RELEASE:\w+=(.*)", cache(world)),
    }


def sync_milliseconds(folder):
    """What every commit waits for: one page written and synced to the disk of the measurements."""
    path, times = os.path.join(folder, "sync"), []
    with open(path, "wb", buffering=0) as file:
        for _ in range(50):
            started = time.monotonic()
            file.write(bytes(8192))
            os.fdatasync(file.fileno())
            times.append((time.monotonic() - started) * 1000)
    os.remove(path)
    return statistics.median(times)


def cache(world):
    return processes.read(os.path.join(world.options.build, "CMakeCache.txt"))


def first(pattern, text):
    found = re.search(pattern, text)
    return found.group(1).strip() if found else ""


def file_system(folder):
    """Of the mount that holds the folder: where Postgres and the checkpoints are."""
    mounts = [line.split() for line in processes.read("/proc/mounts").splitlines()]
    best = max((mount for mount in mounts if (folder + "/").startswith(mount[1].rstrip("/") + "/")),
               key=lambda mount: len(mount[1]), default=None)
    return f"{best[2]} on {best[0]}" if best else ""


def text(facts):
    postgres = facts["postgres"]
    kept = ", ".join(f"{name} {value}" for name, value in postgres.items() if name != "server_version")
    return (f"{facts['cores']} cores ({facts['cpu']}), {facts['memory_mib']:,} MiB, Linux {facts['kernel']}, "
            f"{facts['system']}, {facts['file_system']}, a sync takes {facts['sync_ms']:.2f} ms, "
            f"load {facts['load_before']:.1f} before\n"
            f"Postgres {postgres['server_version']}: {kept}\n"
            f"{facts['cmake_build_type']}: {facts['cxx_flags']}")
