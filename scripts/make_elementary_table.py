#!/usr/bin/env python3
"""Writes ad/tests/data/elementary.csv: elementary functions and their derivatives, correctly rounded (needs mpmath).

Usage: make_elementary_table.py > ad/tests/data/elementary.csv

A row is the function, its arguments a and b (b is 0 where there is one argument, the exponent for powi), the value and the
derivatives in a and b; floats in the shortest form that reads back as the same double. The domain edges, whose values are
conventions, are tested elsewhere.
"""

import math
import random
from fractions import Fraction

import mpmath
from mpmath import mp, mpf

mp.prec = 2600  # enough for 1 - tanh(1e8)^2, for sin(1e300) and for exp(-1e-300)
random.seed(20240229)


def rounded(x):
    """The double nearest to x, also in the subnormal range."""
    if abs(x) >= mpf(2) ** 1024:
        return math.inf if x > 0 else -math.inf
    if abs(x) >= mpf(2) ** -1022:
        return float(x)
    return float(Fraction(int(mpmath.nint(x * mpf(2) ** 1074)), 2**1074))


def log_uniform(low, high):
    return math.exp(random.uniform(math.log(low), math.log(high)))


def either_sign(points):
    return [x for p in points for x in (p, -p)]


ANCHORS = [1e-300, 1e-100, 1e-20, 1e-8, 1.0, 1e8]
SPREAD = [log_uniform(1e-6, 1e3) for _ in range(30)]
WIDE = [log_uniform(1e-140, 1e140) for _ in range(20)]
POSITIVE = ANCHORS + SPREAD + WIDE + [1 - 2.0**-53, 1 + 2.0**-52, 0.5, 2.0]
BOTH = either_sign(ANCHORS + SPREAD[:20] + WIDE[:5])
ANGLES = [1e-300, 1e-8, 1.0, 1e8, 1e5, 1e6, 22.0, 355.0, 1e9, 3e9, 1e22, 1e300, math.pi, math.pi / 2, math.pi / 4]
ANGLES = either_sign(ANGLES + [k * math.pi / 2 for k in (2, 3, 5, 1001, 636619)] + SPREAD[:15])

def near_multiples_of_half_pi():
    """The doubles closest to a multiple of pi/2, about one for each power of two: convergents of pi/2 over 2^e."""
    hardest = []
    for e in range(-52, -24):
        ratio, before, convergent = mpmath.pi / 2 / mpf(2) ** e, (0, 1), (1, 0)
        while True:
            whole = int(mpmath.floor(ratio))
            before, convergent = convergent, tuple(whole * c + b for c, b in zip(convergent, before))
            if convergent[0] >= 2**53:
                break
            ratio = 1 / (ratio - whole)
        hardest.append(math.ldexp(before[0], e))
    return sorted(set(hardest))


unary = {
    "sq": (lambda x: x**2, lambda x: 2 * x, BOTH),
    "recip": (lambda x: 1 / x, lambda x: -1 / x**2, [x for x in BOTH if abs(x) > 1e-154]),
    "sqrt": (mpmath.sqrt, lambda x: 1 / (2 * mpmath.sqrt(x)), POSITIVE + [5e-324, 1e-310, 1.7e308]),
    "exp": (
        mpmath.exp,
        mpmath.exp,
        either_sign([1e-300, 1e-20, 1e-8, 1.0, 10.0, 0.34, 0.35, 100.0, 700.0] + [random.uniform(0, 708) for _ in range(20)])
        + [709.78, 710.0, 1e8, -745.0, -746.0, -1e8],
    ),
    "ln": (mpmath.log, lambda x: 1 / x, [x for x in POSITIVE + [0.7, 0.71, 1.41, 1.42] if x > 1e-307]),
    "sin": (mpmath.sin, mpmath.cos, ANGLES + near_multiples_of_half_pi()),
    "cos": (mpmath.cos, lambda x: -mpmath.sin(x), ANGLES + near_multiples_of_half_pi()),
    "tanh": (
        mpmath.tanh,
        lambda x: mpmath.sech(x) ** 2,
        either_sign(ANCHORS + [random.uniform(0, 3) for _ in range(20)] + [5.0, 10.0, 18.0, 19.5, 21.9, 22.1]),
    ),
    "erfc": (
        mpmath.erfc,
        lambda x: -2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-(x**2)),
        either_sign([1e-300, 1e-8, 1.0, 1e8] + [random.uniform(0, 6) for _ in range(20)])
        + [7.0, 10.0, 15.0, 20.0, 25.0, 26.5, 27.0, 28.0],
    ),
    "acos": (
        mpmath.acos,
        lambda x: -1 / mpmath.sqrt(1 - x**2),
        either_sign([1e-300, 1e-8, 0.4999, 0.5, 0.5001, 0.9, 0.99, 0.9999] + [random.uniform(0, 1) for _ in range(20)]),
    ),
    "abs": (abs, mpmath.sign, BOTH),
}


def power_points():
    points = [(x, p) for x in (1e-300, 1.0, 1e8, 0.7) for p in (-1.0, 0.0, 0.5, 1.0, 1.02)]
    points += [(log_uniform(1e-3, 1e3), random.uniform(-12, 12)) for _ in range(30)]
    points += [(log_uniform(1e-100, 1e100), random.uniform(-2, 2)) for _ in range(10)]
    # the largest powers of mantissas far from 1, where the logarithm must be known to 2^-65
    for x in [random.uniform(0.7072, 0.8) for _ in range(20)] + [random.uniform(1.25, 1.4142) for _ in range(20)]:
        points.append((x, random.choice([-1, 1]) * random.uniform(600, 700) / math.log(x)))
    return points + [(1 + 1e-9, 3e11), (1 - 1e-7, 1e9), (0.99, -1e4)]


binary = {
    "powi": (
        lambda x, n: x ** int(n),
        lambda x, n: n * x ** (int(n) - 1) if n != 0 else mpf(0),
        lambda x, n: mpf(0),
        [(x, n) for x in (1.0, 1.7, -2.3, 1e8, 1e-8) for n in (-12.0, -7.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 6.0, 13.0)]
        + [(1e-300, n) for n in (0.0, 1.0)],
    ),
    "powf": (
        lambda x, p: x**p,
        lambda x, p: p * x ** (p - 1),
        lambda x, p: x**p * mpmath.log(x),
        power_points(),
    ),
    "atan2": (
        mpmath.atan2,
        lambda y, x: x / (x**2 + y**2),
        lambda y, x: -y / (x**2 + y**2),
        [(y, x) for y in (1e-100, 1.0, -1.0, 1e8, -0.4) for x in (1.0, -1.0, 1e8, -0.3, 0.42)]
        + [(either_sign([log_uniform(1e-3, 1e3)])[k % 2], random.uniform(-10, 10)) for k in range(30)],
    ),
}

print(f"# made by scripts/make_elementary_table.py with mpmath {mpmath.__version__}, correctly rounded: function,a,b,value,d/da,d/db")
for name, (f, slope, points) in unary.items():
    for a in points:
        print(f"{name},{a!r},0.0,{rounded(f(mpf(a)))!r},{rounded(slope(mpf(a)))!r},0.0")
for name, (f, slope_a, slope_b, points) in binary.items():
    for a, b in points:
        value, in_a, in_b = (rounded(g(mpf(a), mpf(b))) for g in (f, slope_a, slope_b))
        print(f"{name},{a!r},{b!r},{value!r},{in_a!r},{in_b!r}")
