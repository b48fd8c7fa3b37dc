"""Answers for src/models by another road: `python random_heats_reference.py > ../reference/random-heats.json`.

Everything is the definition written out with full matrices at 40 digits (mpmath), none of it the
sums over heats of the program: projections for RMSA and RMSB, B = Z'(I - H)Z, Satterthwaite's
degrees of freedom as 2 V^2 / (2 tr (A S A S)) for the quadratic form A behind V, the noncentral t
by quadrature, and cross-validation and Cook's distance by fitting again without the heat.
"""

import json

from mpmath import erfinv, exp, eye, findroot, gamma, lu_solve, matrix, mp, mpf, ncdf, quad, sqrt

mp.dps = 40


def t_quantile(confidence, nu, delta):
    """Quantile of the noncentral t: P((Z + delta) / W <= t) = confidence, W = chi_nu / sqrt nu."""
    nu, delta = mpf(nu), mpf(delta)
    norm = 2 * (nu / 2) ** (nu / 2) / gamma(nu / 2)

    def cdf(t):
        f = lambda w: ncdf(t * w - delta) * norm * w ** (nu - 1) * exp(-nu * w * w / 2)
        spread = 1 / sqrt(2 * nu)
        cuts = sorted({mpf(0), *(max(mpf(0), 1 + k * spread) for k in range(-8, 13, 2))})
        if t > 0:
            cuts = sorted({*cuts, *(c for c in ((delta + k) / t for k in (-6, -2, 0, 2, 6)) if c > 0)})
        return quad(f, [*cuts, cuts[-1] + 30 * spread + 3])

    mp.dps = 22
    start = delta * (1 + 1 / (4 * nu)) + 2 * sqrt(1 + delta**2 / (2 * nu))
    root = findroot(lambda t: cdf(t) - mpf(confidence), (start, start * 1.05 + 0.1), tol=1e-32)
    mp.dps = 40
    return root


def z_of(p):
    return sqrt(mpf(2)) * erfinv(2 * mpf(p) - 1)


def trace(a):
    return sum(a[i, i] for i in range(a.rows))


def dependent_free(columns):
    """A basis of the span of the columns, by Gram-Schmidt."""
    basis = []
    for column in columns:
        v = list(column)
        size = sqrt(sum(x * x for x in v))
        for _ in range(2):
            for q in basis:
                share = sum(a * b for a, b in zip(q, v))
                v = [a - share * b for a, b in zip(v, q)]
        norm = sqrt(sum(x * x for x in v))
        if norm > mpf("1e-25") * max(size, 1):
            basis.append([x / norm for x in v])
    return basis


def projection(columns, n):
    basis = dependent_free(columns)
    p = matrix(n, n)
    for i in range(n):
        for j in range(n):
            p[i, j] = sum(q[i] * q[j] for q in basis)
    return p, len(basis)


def analyse(rows, y, heats, points, step):
    """rows: function of a point to the row of X (powers or regressors, intercept first)."""
    n, groups = len(y), max(heats) + 1
    design = [rows(p) for p in points]
    p = len(design[0])
    x = matrix([[mpf(v) for v in row] for row in design])
    yv = matrix([mpf(v) for v in y])
    z = matrix(n, groups)
    for i, h in enumerate(heats):
        z[i, h] = 1
    inverse = (x.T * x) ** -1
    theta = inverse * (x.T * yv)
    hat = x * inverse * x.T
    both, r2 = projection([[x[i, j] for i in range(n)] for j in range(p)] + [[z[i, j] for i in range(n)] for j in range(groups)], n)
    rest = yv - x * theta
    rss = (rest.T * rest)[0]
    within_rest = yv - both * yv
    rmsa = rss / (n - p)
    rmsb = (within_rest.T * within_rest)[0] / (n - r2)
    b = z.T * (eye(n) - hat) * z
    tr1, tr2 = trace(b), trace(b * b)
    sb2 = max(mpf(0), (n - p) / tr1 * (rmsa - rmsb))
    se2 = rmsb
    sigma = sb2 * (z * z.T) + se2 * eye(n)
    covariance = inverse * x.T * sigma * x * inverse
    contrast_a = ((both - hat) - mpf(r2 - p) / (n - r2) * (eye(n) - both)) / tr1
    contrast_e = (eye(n) - both) / (n - r2)

    def direction(w):
        w = matrix([mpf(v) for v in w])
        b0 = (w.T * inverse * w)[0]
        weights = z.T * x * inverse * w
        a0 = sum(v * v for v in weights)
        return w, a0, b0

    def bound(at, content):
        w, q1, q0 = direction(rows(at))
        e0, e1 = 1 / q0, 1 / q1
        zp = z_of(content)
        nu0, nu1 = n - p, tr1**2 / tr2
        t0 = t_quantile("0.95", nu0, zp * sqrt(e0)) / sqrt(e0)
        t1 = t_quantile("0.95", nu1, zp * sqrt(e1)) / sqrt(e1)
        s = sqrt(sb2 + se2)
        sm = sqrt(sb2 / e1 + se2 / e0)
        t = (sqrt(e0 * e1) * (t1 - t0) * sm + (t0 * sqrt(e0) - t1 * sqrt(e1)) * s) / (
            sqrt(max(rmsa, rmsb)) * (sqrt(e0) - sqrt(e1))
        )
        estimate = (w.T * theta)[0]
        return {
            "at": at,
            "content": float(content),
            "estimate": float(estimate),
            "lower": float(estimate - t * sqrt(rmsa)),
            "upper": float(estimate + t * sqrt(rmsa)),
            "k": float(t),
        }

    def interval(w):
        w, a0, b0 = direction(w)
        v = a0 * sb2 + b0 * se2
        form = (a0 * contrast_a + b0 * contrast_e) * sigma
        nu = v * v / trace(form * form)
        half = t_quantile("0.975", nu, 0) * sqrt(v)
        estimate = (w.T * theta)[0]
        return {
            "estimate": float(estimate),
            "standard_error": float(sqrt(v)),
            "dof": float(nu),
            "lower": float(estimate - half),
            "upper": float(estimate + half),
        }

    squares, cooks = [], []
    for g in range(groups):
        keep = [i for i in range(n) if heats[i] != g]
        xk = matrix([[x[i, j] for j in range(p)] for i in keep])
        yk = matrix([yv[i] for i in keep])
        tk = lu_solve(xk.T * xk, xk.T * yk)
        out = [i for i in range(n) if heats[i] == g]
        squares.append(float(sum((yv[i] - sum(x[i, j] * tk[j] for j in range(p))) ** 2 for i in out)))
        shift = theta - tk
        cooks.append(float((shift.T * covariance**-1 * shift)[0] / p))

    spans = []
    for r in range(len(points[0])):
        values = [q[r] for q in points]
        low, high = list(points[0]), list(points[0])
        low[r], high[r] = min(values), max(values)
        share = mpf(step) / (mpf(max(values)) - mpf(min(values)))
        w = [(mpf(h) - mpf(l)) * share for h, l in zip(rows(high), rows(low))]
        spans.append(interval(w))
    middle = [sorted(q[r] for q in points)[n // 2] for r in range(len(points[0]))]
    corner = [min(q[r] for q in points) for r in range(len(points[0]))]
    return {
        "y": y,
        "x": points,
        "heats": heats,
        "coefficients": [float(v) for v in theta],
        "covariance": [[float(covariance[i, j]) for j in range(p)] for i in range(p)],
        "r2": r2,
        "rmsa": float(rmsa),
        "rmsb": float(rmsb),
        "tr1": float(tr1),
        "tr2": float(tr2),
        "between_variance": float(sb2),
        "bounds": [bound(at, c) for at in (middle, corner) for c in ("0.9", "0.99")],
        "means": [{"at": at, **interval(rows(at))} for at in (middle, corner)],
        "step": float(step),
        "effects": spans,
        "squares": squares,
        "cooks": cooks,
    }


def noise(i):
    """Numbers without a pattern that anyone can make again."""
    return ((i * 7919 + 104729) % 1009) / 1009 - 0.5


def quadratic():
    y, x, heats = [], [], []
    sizes = [3, 5, 2, 4, 1, 6, 4, 3]
    for h, size in enumerate(sizes):
        for s in range(size):
            # x varies inside heats 3 and 6 only.
            at = round(0.15 + 0.1 * h + (0.02 * s if h in (3, 6) else 0), 3)
            y.append(round(250 - 12 * at - 35 * at * at + 9 * noise(h + 500) + 4 * noise(10 * h + s), 2))
            x.append([at])
            heats.append(h)
    return analyse(lambda p: [mpf(1), mpf(p[0]), mpf(p[0]) ** 2], y, heats, x, "0.1")


def regressors():
    y, x, heats = [], [], []
    sizes = [2, 4, 3, 5, 3, 1, 4, 2, 3]
    for h, size in enumerate(sizes):
        ratio = round(0.2 + 0.6 * (noise(31 * h) + 0.5), 3)
        iron = round(0.15 + 0.3 * (noise(57 * h + 9) + 0.5), 3)
        for s in range(size):
            # The gauge of the specimen varies inside the heats.
            gauge = round(2 + 1.5 * (noise(13 * h + 77 * s) + 0.5), 2)
            y.append(round(260 - 25 * ratio - 40 * iron + 1.5 * gauge + 8 * noise(h + 300) + 5 * noise(11 * h + 3 * s), 2))
            x.append([ratio, iron, gauge])
            heats.append(h)
    return analyse(lambda p: [mpf(1), *map(mpf, p)], y, heats, x, "0.1")


if __name__ == "__main__":
    print(
        json.dumps(
            {
                "source": "tests/python/random_heats_reference.py: the definitions with full matrices, mpmath at 40 digits",
                "tolerance_relative": 1e-9,
                "tolerance_reason": "data and answers are doubles; the differences of sums of squares behind the variances cost a few digits",
                "quadratic": quadratic(),
                "regressors": regressors(),
            },
            indent=1,
        )
    )
