#!/usr/bin/env python3
"""Fits the polynomials of ad/lanes/coefficients.rs that are ours (needs mpmath).

Each is the Chebyshev interpolant of a smooth function on an interval, in 60 digits, then expanded in powers and rounded
to doubles: within a factor of two of minimax. The printed error is that of the rounded coefficients, weighted as the
kernel uses them. Usage: make_lane_polynomials.py
"""

from mpmath import asin, atan, chebyfit, erfc, exp, expm1, log, mp, mpf, pi, polyval, sqrt

mp.dps = 60


def fit(name, f, low, high, degree, weight):
    low, high = mpf(low), mpf(high)
    coefficients = [float(c) for c in chebyfit(f, [low, high], degree + 1)][::-1]
    points = [low + (high - low) * k / 2000 for k in range(2001)]
    worst = max(abs((polyval([mpf(c) for c in coefficients[::-1]], x) - f(x)) * weight(x)) for x in points)
    print(f"// {name}: weighted error {float(worst):.1e}")
    print(f"[{', '.join(repr(c) for c in coefficients)}]\n")


def series(f, x, skip, n=40):
    """sum over k >= 0 of f(k + skip) x^k, for functions whose closed form cancels at 0."""
    return sum(f(k + skip) * x**k for k in range(n))


def exp_tail(r):
    return mpf(1) / 2 if r == 0 else (expm1(r) - r) / r**2


def log_tail(t):
    """(log((1+s)/(1-s)) - 2s - 2s^3/3) / s^5 with t = s^2."""
    return series(lambda k: mpf(2) / (2 * k + 1), t, 2)


def asin_tail(z):
    s = sqrt(z)
    return mpf(1) / 6 if z < mpf(10) ** -20 else (asin(s) - s) / (s * z)


def atan_tail(z):
    s = sqrt(z)
    return -mpf(1) / 3 if z < mpf(10) ** -20 else (atan(s) - s) / (s * z)


def erfc_scaled(q):
    """(1 + s a) exp(a^2) erfc(a) with q = (a - 4) / (a + 4); the slope s = 2/sqrt(pi) makes it flat at a = 0."""
    a = 4 * (1 + q) / (1 - q)
    return (1 + mpf(float(2 / sqrt(pi))) * a) * exp(a**2) * erfc(a)


half_ln2 = log(2) / 2 * mpf("1.001")
fit("EXP_TAIL", exp_tail, -half_ln2, half_ln2, 10, lambda r: r**2)
fit("LOG_TAIL", log_tail, 0, ((sqrt(2) - 1) / (sqrt(2) + 1)) ** 2 * mpf("1.001"), 7, lambda t: t**2 / 2)
fit("ASIN_TAIL", asin_tail, 0, "0.25", 12, lambda z: z)
fit("ATAN_TAIL", atan_tail, 0, (sqrt(2) - 1) ** 2 * mpf("1.001"), 11, lambda z: z)
fit("ERFC_SCALED", erfc_scaled, -1, mpf(24) / 32, 22, lambda q: 1)
