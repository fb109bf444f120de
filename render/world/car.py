"""Cars: a body lofted through cross-sections with tumblehome, glass, wheels and lights."""

from __future__ import annotations

import numpy as np

from render.world.quads_scene import Material, MeshBuilder

RUBBER = (0.02, 0.02, 0.021)
GLASS = (0.012, 0.015, 0.018)
# Along the car from tail to nose: position, height of bonnet line, half width at the waist.
_STATIONS = np.array([
    [-2.16, 0.74, 0.60], [-2.08, 0.86, 0.74], [-1.75, 0.93, 0.83], [-1.2, 0.95, 0.87], [-0.4, 0.93, 0.88],
    [0.5, 0.92, 0.88], [0.95, 0.90, 0.87], [1.6, 0.80, 0.83], [1.98, 0.70, 0.74], [2.12, 0.58, 0.58],
])  # fmt: skip


def car(
    b: MeshBuilder,
    at: tuple[float, float, float],
    ahead: int,
    tint: tuple[float, float, float],
    kind: float,
    *,
    lights: bool,
) -> None:
    """A car at `at`, its nose along ahead·y; `kind` 0–1 goes from hatchback over saloon to van-like."""
    scale = np.array([1.0, 0.96 + 0.1 * kind, 1.0 + 0.16 * kind])
    place = np.array([ahead, ahead, 1.0])  # turned by 180° when ahead is -1

    def put(points: np.ndarray) -> np.ndarray:
        return np.asarray(points * scale[[0, 1, 2]] * place + np.array(at))

    # Body below the waist: sections from sill to sill over the bonnet line.
    rows = []
    for y, top, wide in _STATIONS:
        low = 0.22 if abs(y) < 1.9 else 0.30
        half = np.array(
            [
                [wide * 0.93, low],
                [wide, 0.42],
                [wide * 1.0, 0.62],
                [wide * 0.955, top - 0.05],
                [wide * 0.80, top],
                [0.0, top + 0.025],
            ]
        )
        ring = np.concatenate([half, (half * [-1, 1])[::-1][1:]])
        rows.append(np.stack([ring[:, 0], np.full(len(ring), y), ring[:, 1]], 1))
    b.loft(put(np.stack(rows, 0)), Material.PAINT, tint, (0.55,))
    for end, sign in ((0, 1), (-1, -1)):
        ring = put(rows[end])
        hub_m = ring.mean(0)
        a, c = (ring[:-1], ring[1:]) if sign < 0 else (ring[1:], ring[:-1])
        b.batch(
            np.tile(hub_m, (len(a), 1)),
            a - hub_m,
            c - hub_m,
            Material.PAINT,
            tint,
            (0.4,),
            triangle=True,
            two_sided=True,
        )

    # Cabin: glass all round with a painted roof on top.
    tail, nose = (-1.85 if kind > 0.45 else -1.6), 1.02
    roof = 1.44
    waist = np.array([[0.80, tail], [0.81, -0.6], [0.80, nose - 0.2], [0.58, nose]])
    upper = np.array([[0.60, tail + 0.42], [0.63, -0.5], [0.60, 0.22], [0.46, 0.32]])
    base_z = np.array([0.92, 0.93, 0.91, 0.89])
    side_low = np.stack([waist[:, 0], waist[:, 1], base_z], 1)
    side_high = np.stack([upper[:, 0], upper[:, 1], [roof - 0.06, roof, roof - 0.03, roof - 0.06]], 1)
    flip = np.array([-1.0, 1.0, 1.0])
    belt_low = np.concatenate([side_low, (side_low * flip)[::-1]])
    high = np.concatenate([side_high, (side_high * flip)[::-1]])
    belt = np.stack([belt_low + (high - belt_low) * part for part in (0.0, 0.12, 0.9, 1.0)], 1)
    for k, (material, color, params) in enumerate(
        ((Material.PAINT, tint, (0.5,)), (Material.PAINT, GLASS, (1.0,)), (Material.PAINT, tint, (0.5,)))
    ):
        b.loft(put(belt[:, k : k + 2]), material, color, params, closed_u=True)
    lid = put(np.stack([high[:4], high[:3:-1]], 1) + np.array([0, 0, 0.0]))
    crest = put(((high[:4] + high[:3:-1]) / 2) + [0, 0, 0.05])
    b.loft(np.stack([lid[:, 0], crest, lid[:, 1]], 1)[::-1], Material.PAINT, tint, (0.55,))
    for x in (-1, 1):  # pillars between the doors
        low_p, high_p = np.array([x * 0.815, -0.28, 0.95]), np.array([x * 0.64, -0.25, 1.4])
        face = put(np.stack([low_p, high_p, low_p + np.array([0, 0.09, 0])]))
        b.sheet(
            face[0], face[2] - face[0], face[1] - face[0], Material.PAINT, (0.02, 0.02, 0.02), (0.3,), two_sided=True
        )

    turn = np.arange(10) / 10 * 2 * np.pi
    for x in (-1, 1):
        for y in (-1.32, 1.34):
            arch = np.stack([np.full(10, x * 0.895), y + 0.37 * np.cos(turn), 0.36 + 0.37 * np.sin(turn)], 1)
            tyre = np.stack([np.full(10, x * 0.90), y + 0.315 * np.cos(turn), 0.315 + 0.315 * np.sin(turn)], 1)
            rim = np.stack([np.full(10, x * 0.905), y + 0.2 * np.cos(turn), 0.315 + 0.2 * np.sin(turn)], 1)
            hub = np.stack([np.full(10, x * 0.91), y + 0.06 * np.cos(turn), 0.315 + 0.06 * np.sin(turn)], 1)
            tread = np.stack([np.full(10, x * 0.70), y + 0.315 * np.cos(turn), 0.315 + 0.315 * np.sin(turn)], 1)
            for ring, color in (
                (arch, (0.008, 0.008, 0.008)),
                (tyre, RUBBER),
                (rim, (0.24, 0.24, 0.25)),
                (hub, RUBBER),
            ):
                points = put(ring)
                middle = points.mean(0)
                b.batch(
                    np.tile(middle, (10, 1)),
                    points - middle,
                    np.roll(points, -1, 0) - middle,
                    Material.PLAIN,
                    color,
                    (0.05, 1.0, 0.15),
                    triangle=True,
                    two_sided=True,
                    casts=False,
                )
            b.loft(put(np.stack([tyre, tread], 1)), Material.PLAIN, RUBBER, closed_u=True)
    under = put(np.array([[-0.8, -2.0, 0.24], [0.8, -2.0, 0.24], [-0.8, 2.0, 0.24]]))
    b.sheet(under[0], under[1] - under[0], under[2] - under[0], Material.PLAIN, (0.015, 0.015, 0.015), two_sided=True)

    for x in (-1, 1):
        front = put(np.array([[x * 0.36, 2.155, 0.54], [x * 0.64, 2.115, 0.55], [x * 0.36, 2.13, 0.67]]))
        back = put(np.array([[x * 0.40, -2.20, 0.60], [x * 0.66, -2.17, 0.60], [x * 0.40, -2.17, 0.74]]))
        b.sheet(
            front[0],
            front[1] - front[0],
            front[2] - front[0],
            Material.GLOW if lights else Material.PAINT,
            (1.0, 0.93, 0.78) if lights else (0.35, 0.36, 0.37),
            (0.3, 6.0) if lights else (0.9,),
            two_sided=True,
            casts=False,
        )
        b.sheet(
            back[0],
            back[1] - back[0],
            back[2] - back[0],
            Material.GLOW if lights else Material.PAINT,
            (0.9, 0.05, 0.03) if lights else (0.22, 0.015, 0.012),
            (0.2, 2.4) if lights else (0.6,),
            two_sided=True,
            casts=False,
        )
    for y in (2.135, -2.17):
        plate = put(np.array([[-0.26, y, 0.42], [0.26, y, 0.42], [-0.26, y, 0.54]]))
        b.sheet(
            plate[0],
            plate[1] - plate[0],
            plate[2] - plate[0],
            Material.PLAIN,
            (0.5, 0.5, 0.46),
            two_sided=True,
            casts=False,
        )
