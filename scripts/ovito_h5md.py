#!/usr/bin/env python3
"""OVITO reads admd's .h5md trajectories with this class, without conversion.

In a script:

    from ovito.io import import_file
    from ovito_h5md import H5MDReader
    pipeline = import_file("run.h5md", input_format=H5MDReader)

As a program it tells what OVITO sees: ovito_h5md.py run.h5md
"""

import sys

import h5py
import numpy as np
from ovito.io import FileReaderInterface

PARTICLES = "particles/trajectory"


class H5MDReader(FileReaderInterface):
    """Positions, velocities, forces, species and cell of every frame."""

    @staticmethod
    def detect(filename: str) -> bool:
        try:
            with h5py.File(filename, "r", locking=False) as file:
                return PARTICLES in file
        except OSError:
            return False

    def scan(self, filename: str, register_frame):
        with h5py.File(filename, "r", locking=False) as file:
            for k, step in enumerate(file[f"{PARTICLES}/position/step"][:]):
                register_frame(frame_info=k, label=f"step {step}")

    def parse(self, data, filename: str, frame_info: int, **kwargs):
        with h5py.File(filename, "r", locking=False) as file:
            group = file[PARTICLES]
            atoms = group["position/value"].shape[1]
            particles = data.create_particles(count=atoms)
            particles.create_property("Position", data=group["position/value"][frame_info])
            for name, ovito_name in [("velocity", "Velocity"), ("force", "Force")]:
                if name in group:
                    particles.create_property(ovito_name, data=group[f"{name}/value"][frame_info])
            particles.create_property("Particle Identifier", data=group["id"][:])
            particles.create_property("Mass", data=group["mass"][:])
            types = particles.create_property("Particle Type")
            names = file["parameters/species/name"].asstr()[:]
            ids = [types.add_type_name(str(name), particles).id for name in names]
            types[...] = np.array(ids)[file["parameters/species/of_atom"][:]]
            periodic = [b in ("periodic", b"periodic") for b in group["box"].attrs["boundary"]]
            data.create_cell(group["box/edges/value"][frame_info].T, pbc=periodic)
            data.attributes["Timestep"] = int(group["position/step"][frame_info])
            data.attributes["Time"] = float(group["position/time"][frame_info])
            for name, element in file["observables"].items():
                if element["value"].ndim == 1:
                    data.attributes[name] = float(element["value"][frame_info])


def main():
    import argparse

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trajectory", help="trajectory (.h5md)")
    arguments = parser.parse_args()
    from ovito.io import import_file

    try:
        pipeline = import_file(arguments.trajectory, input_format=H5MDReader)
        data = pipeline.compute(0)
    except (RuntimeError, OSError) as error:
        sys.exit(f"error: {arguments.trajectory} cannot be opened: {error}")
    print(f"{pipeline.source.num_frames} frames, {data.particles.count} particles")
    print("properties:", ", ".join(data.particles.keys()))
    print("cell and origin:", np.array2string(data.cell[...], precision=6), "periodic:", data.cell.pbc)


if __name__ == "__main__":
    main()
