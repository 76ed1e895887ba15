"""The timed loop of JAX-MD on the CPU; the argument is the task as JSON, the answer one line of JSON.

Double precision, a sparse list of every pair once, one compiled loop of list update and velocity Verlet step, compiled
and run for one step before it is timed. The pair energy is JAX-MD's own with a bare cut: its neighbour-list version of
Lennard-Jones switches the potential off smoothly, which would be another system (and a little more work).
"""

import json
import sys
import time

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp
import numpy as np
from jax_md import energy, partition, quantity, simulate, smap, space

if sys.argv[1] == "--versions":
    from importlib.metadata import version
    print(json.dumps({"version": version("jax-md"), "jax": jax.__version__}))
    sys.exit()

task = json.loads(sys.argv[1])
n, edge, cutoff = task["atoms"], task["edge"], task["cutoff"]
positions, velocities, _ = np.fromfile(task["state"]).reshape(3, n, 3)
displacement, shift = space.periodic(edge)


def cut(dr, **_):
    return jnp.where(dr < cutoff, energy.lennard_jones(dr, 1.0, 1.0), 0.0)


neighbor_fn = partition.neighbor_list(displacement, edge, cutoff, dr_threshold=task["skin"], capacity_multiplier=1.25,
                                      format=partition.NeighborListFormat.OrderedSparse)
energy_fn = smap.pair_neighbor_list(cut, space.canonicalize_displacement_or_metric(displacement))
init_fn, apply_fn = simulate.nve(energy_fn, shift, dt=task["timestep"])
neighbors = neighbor_fn.allocate(jnp.asarray(positions))
state = init_fn(jax.random.PRNGKey(0), jnp.asarray(positions), kT=1.0, neighbor=neighbors)
state = state.set(momentum=jnp.asarray(velocities))  # the mass is 1


@jax.jit
def run(state, neighbors, steps):
    def step(_, carried):
        state, neighbors = carried
        neighbors = neighbors.update(state.position)
        return apply_fn(state, neighbor=neighbors), neighbors

    return jax.lax.fori_loop(0, steps, step, (state, neighbors))


@jax.jit
def energies(state, neighbors):
    kinetic = quantity.kinetic_energy(momentum=state.momentum, mass=state.mass)
    return energy_fn(state.position, neighbor=neighbors), kinetic


def per_atom(state, neighbors):
    potential, kinetic = energies(state, neighbors)
    return {"potential": float(potential) / n, "kinetic": float(kinetic) / n}


start = per_atom(state, neighbors)
jax.block_until_ready(run(state, neighbors, 1))
began = time.perf_counter()
after, listed = jax.block_until_ready(run(state, neighbors, task["steps"]))
seconds = time.perf_counter() - began
if bool(listed.did_buffer_overflow):
    sys.exit("the neighbour list overflowed: raise capacity_multiplier in loop_jaxmd.py")
print(json.dumps({"seconds": seconds, "start": start, "end": per_atom(after, listed),
                  "lists": {"per_atom": 2 * int((listed.idx[0] < n).sum()) / n}}))
