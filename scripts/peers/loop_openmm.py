"""The timed loop of OpenMM's CPU platform; the argument is the task as JSON, the answer one line of JSON.

The system is argon in OpenMM's units. Its Verlet integrator is a leapfrog: it gets velocities of half a step earlier.
"""

import json
import sys
import time

import numpy as np
import openmm

if sys.argv[1] == "--versions":
    print(json.dumps({"version": openmm.__version__}))
    sys.exit()

task = json.loads(sys.argv[1])
n, sigma, epsilon, tau = task["atoms"], task["sigma"], task["epsilon"], task["tau"]
positions, _, half = np.fromfile(task["state"]).reshape(3, n, 3)

system = openmm.System()
edge = task["edge"] * sigma
system.setDefaultPeriodicBoxVectors((edge, 0, 0), (0, edge, 0), (0, 0, edge))
if task["options"] == ["custom"]:
    force = openmm.CustomNonbondedForce("4*epsilon*((sigma/r)^12-(sigma/r)^6)")
    force.addGlobalParameter("epsilon", epsilon)
    force.addGlobalParameter("sigma", sigma)
    particle = ([],)
else:
    force = openmm.NonbondedForce()
    force.setUseDispersionCorrection(False)
    particle = (0.0, sigma, epsilon)
force.setNonbondedMethod(force.CutoffPeriodic)
force.setCutoffDistance(task["cutoff"] * sigma)
for _ in range(n):
    system.addParticle(task["mass"])
    force.addParticle(*particle)
system.addForce(force)

platform = openmm.Platform.getPlatformByName("CPU")
integrator = openmm.VerletIntegrator(task["timestep"] * tau)
context = openmm.Context(system, integrator, platform, {"Threads": str(task["threads"])})


def begin():
    context.setPositions(positions * sigma)
    context.setVelocities(half * (sigma / tau))


def energies():
    state = context.getState(getEnergy=True)
    value = {"potential": state.getPotentialEnergy(), "kinetic": state.getKineticEnergy()}
    unit = openmm.unit.kilojoule_per_mole
    return {name: energy.value_in_unit(unit) / (n * epsilon) for name, energy in value.items()}


begin()
integrator.step(1)  # compiles the expression and warms up the threads
begin()
start = energies()
began = time.perf_counter()
integrator.step(task["steps"])
context.getState(getEnergy=True)
seconds = time.perf_counter() - began
print(json.dumps({"seconds": seconds, "start": start, "end": energies(),
                  "notes": {"threads": platform.getPropertyValue(context, "Threads")}}))
