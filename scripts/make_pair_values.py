"""Writes tests/data/pair_values.json: pair energies, slopes and tail integrals to 17 digits.

Independent of the program: the formulas are typed from the publications in mpmath at 50 digits, slopes are numerical
derivatives at that precision, tails are adaptive quadratures. Needs: pip install mpmath.

Usage: python3 scripts/make_pair_values.py > tests/data/pair_values.json
"""

import json
import sys

from mpmath import diff, exp, inf, mp, mpf, nstr, quad

mp.dps = 50


def lennard_jones(epsilon, sigma):
    return lambda r: 4 * epsilon * ((sigma / r) ** 12 - (sigma / r) ** 6)


def mie(epsilon, sigma, n, m):
    c = n / (n - m) * (n / m) ** (m / (n - m))
    return lambda r: c * epsilon * ((sigma / r) ** n - (sigma / r) ** m)


def morse(d0, alpha, r0):
    return lambda r: d0 * (exp(-2 * alpha * (r - r0)) - 2 * exp(-alpha * (r - r0)))


def buckingham(a, rho, c):
    return lambda r: a * exp(-r / rho) - c / r**6


CASES = [
    ("lj", lennard_jones, [1, 1], 2.5),
    ("lj", lennard_jones, [0.0104, 3.405], 8.5),
    ("mie", mie, [1, 1, 14, 7], 2.5),
    ("mie", mie, [0.0139, 3.74, 14.5, 6.3], 10.0),
    ("mie", mie, [1.2, 0.9, 9, 3.5], 3.0),
    ("mie", mie, [0.7, 1.1, 36, 4.75], 2.5),
    ("morse", morse, [1, 5, 1], 2.5),
    ("morse", morse, [0.3429, 1.3588, 2.866], 6.5),
    ("buckingham", buckingham, [901953.0, 1.0 / 14.0, 1.75], 2.5),
    ("buckingham", buckingham, [6400.0, 0.273, 63.0], 7.5),
    ("buckingham", buckingham, [500.0, 0.3, 0], 4.0),
]
FRACTIONS = [0.36, 0.45, 0.6, 0.8, 0.97]
ONSET = 0.8


def number(x):
    return float(nstr(x, 17))


def switch(r, cutoff):
    x = (r * r - (ONSET * cutoff) ** 2) / (cutoff**2 - (ONSET * cutoff) ** 2)
    x = min(max(x, mpf(0)), mpf(1))
    return 1 - x**3 * (10 - 15 * x + 6 * x**2)


def case(name, form, parameters, cutoff):
    u = form(*[mpf(p) for p in parameters])
    cutoff = mpf(cutoff)
    at_cutoff, slope = u(cutoff), diff(u, cutoff)
    points = []
    for fraction in FRACTIONS:
        r = mpf(float(mpf(fraction) * cutoff))
        points.append(
            {
                "r": float(r),
                "cut": number(u(r)),
                "slope": number(diff(u, r)),
                "shifted": number(u(r) - at_cutoff),
                "force_shifted": number(u(r) - at_cutoff - (r - cutoff) * slope),
                "switched": number(switch(r, cutoff) * u(r)),
            }
        )
    radii = [cutoff * k for k in (1, 2, 4, 16, 256)] + [inf]
    outer = quad(lambda r: u(r) * r * r, radii)
    missing = quad(lambda r: (1 - switch(r, cutoff)) * u(r) * r * r, [ONSET * cutoff, cutoff])
    return {
        "potential": name,
        "parameters": [float(p) for p in parameters],
        "cutoff": float(cutoff),
        "onset": ONSET,
        "points": points,
        "tail_cut": [number(outer), number(outer + cutoff**3 * at_cutoff / 3)],
        "tail_switched": [number(outer + missing), number(outer + missing)],
    }


json.dump([case(*c) for c in CASES], sys.stdout, indent=1)
print()
