"""The gradient of a loss over a trajectory in JAX-MD on the CPU: reverse mode through a scan of velocity Verlet steps.

The argument is the task as JSON, the answer one line of JSON. Double precision, Lennard-Jones shifted to zero at the
cutoff, a sparse list of every pair once, updated at each step; the loss is the mean square velocity at the end. What is
kept of the steps: all that reverse mode wants ("plain"), the state alone, the step done again ("step"), or the state of
every tenth step or so, and again within ("nested").
"""

import json
import sys
import time

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp
import numpy as np
from jax_md import energy, partition, simulate, smap, space

task = json.loads(sys.argv[1])
n, edge, cutoff, steps = task["atoms"], task["edge"], task["cutoff"], task["steps"]
positions, velocities = np.fromfile(task["state"]).reshape(2, n, 3)
displacement, shift = space.periodic(edge)
metric = space.canonicalize_displacement_or_metric(displacement)
neighbor_fn = partition.neighbor_list(displacement, edge, cutoff, dr_threshold=task["skin"], capacity_multiplier=1.25,
                                      format=partition.NeighborListFormat.OrderedSparse)
listed = neighbor_fn.allocate(jnp.asarray(positions))


def resident(key):
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(key)) * 1024


def energy_of(sigma, epsilon):
    # reverse mode multiplies the slopes of masked pairs by zero: what they are must be finite, so the distance is
    # masked, too; without that, padded pairs at distance 0 make the slopes in sigma and epsilon NaN
    def shifted(dr, **_):
        inside = (dr > 0.0) & (dr < cutoff)
        dr = jnp.where(inside, dr, cutoff) if task["safe"] else dr
        u = energy.lennard_jones(dr, sigma, epsilon) - energy.lennard_jones(cutoff, sigma, epsilon)
        return jnp.where(inside, u, 0.0)

    return smap.pair_neighbor_list(shifted, metric)


def loss(sigma, epsilon, positions, velocities, listed):
    init_fn, apply_fn = simulate.nve(energy_of(sigma, epsilon), shift, dt=task["timestep"])
    state = init_fn(jax.random.PRNGKey(0), positions, kT=1.0, neighbor=listed)
    state = state.set(momentum=velocities)  # the mass is 1

    def step(carried, _):
        state, listed = carried
        listed = listed.update(jax.lax.stop_gradient(state.position))
        return (apply_fn(state, neighbor=listed), listed), None

    if task["keep"] != "plain":
        step = jax.checkpoint(step)
    if task["keep"] == "nested":
        inner = max(k for k in range(1, int(steps**0.5) + 1) if steps % k == 0)
        block = jax.checkpoint(lambda carried, _: jax.lax.scan(step, carried, None, length=inner))
        carried, _ = jax.lax.scan(block, (state, listed), None, length=steps // inner)
    else:
        carried, _ = jax.lax.scan(step, (state, listed), None, length=steps)
    state, listed = carried
    return jnp.sum(state.momentum**2) / n, listed.did_buffer_overflow


arguments = (jnp.float64(1.0), jnp.float64(1.0), jnp.asarray(positions), jnp.asarray(velocities), listed)
lowered = jax.jit(jax.value_and_grad(loss, argnums=(0, 1, 2, 3), has_aux=True)).lower(*arguments)
began = time.perf_counter()
compiled = lowered.compile()
compiling = time.perf_counter() - began
before = resident("VmRSS")
with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
    file.write("5")  # the peak starts here: compiling took more
(value, overflow), slopes = jax.block_until_ready(compiled(*arguments))
extra = resident("VmHWM") - before
if bool(overflow):
    sys.exit("the neighbour list overflowed: raise capacity_multiplier in gradient_jaxmd.py")
seconds = []
for _ in range(task["repeats"]):
    began = time.perf_counter()
    jax.block_until_ready(compiled(*arguments))
    seconds.append(time.perf_counter() - began)
np.concatenate([np.asarray(s).ravel() for s in slopes]).tofile(task["gradient"])
print(json.dumps({"seconds": seconds, "compiling": compiling, "extra_bytes": extra,
                  "temporaries": compiled.memory_analysis().temp_size_in_bytes, "loss": float(value),
                  "jax": jax.__version__}))
