"""Tropical shore: a white beach bends round a shallow lagoon, palms lean over it, a green headland closes the view."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from render.scene import Scene
from render.world import landmarks, shore_plants
from render.world.base import Stage
from render.world.colors import between, lay
from render.world.land import Hit, Paint, TreeKind
from render.world.noise import FEATURES, lookup, octaves, ridges, smoothstep
from render.world.props import Cards, GroundAt, Thing
from render.world.recipe import Recipe
from render.world.trees import near_of
from render.world.water import WaterLook

_REEF_M = 190.0


class Tropical(Recipe):
    """See the module; `Land` says what each method answers. The sea lies east, the beach runs north."""

    erodes = False
    strata_m = 60.0
    stone = ((0.085, 0.075, 0.065), (0.24, 0.215, 0.185))
    boulders = 0.015
    tufts = 0.0
    wave_height = 0.36
    foam = 0.9
    water_look = WaterLook(
        (0.36, 0.062, 0.050), (0.004, 0.050, 0.075), ((0.46, 0.41, 0.32), (0.66, 0.61, 0.50)), 0.42, 1.5, 0.4, 0.75
    )

    def __init__(self, scene: Scene) -> None:
        super().__init__("tropical", scene)
        draw = self._luck(10).tolist()
        self._known: tuple[Tensor, Tensor, Tensor] | None = None
        self._lift = 0.3 + 1.4 * scene.relief
        self._tide = -0.35 + 0.7 * scene.water
        self._cape_y = 300 + 90 * draw[0]  # where the headland runs out to sea
        self._cape_m = 150 + 90 * draw[1]
        self._isle = (150 + 60 * draw[2], 150 + 80 * draw[3], 16 + 10 * draw[4])
        self._phase = 6.28 * draw[5]
        self._pier_y = 58 + 14 * draw[6]
        self.water_m: float | None = self._tide
        self.trees: TreeKind | None = (
            TreeKind(6.4, 6.0, 13.0, 0.0, 3.1, domes=("palm",)) if scene.vegetation > 0.02 else None
        )
        self.stage_hint = Stage(np.array([-7.0, 46.0, 3.0]), 60.0, 178.0)

    def _inland(self, x: Tensor, y: Tensor, cut: float) -> Tensor:
        """Metres inland of the waterline, negative at sea."""
        if self._known is not None and self._known[0] is x and self._known[1] is y:
            return self._known[2]  # raising the land and planting it ask for the same points
        line = 6 - 20 * torch.exp(-(((y - 66) / 62) ** 2)) + 10 * smoothstep(0, -120, y)
        line = line + self._cape_m * smoothstep(self._cape_y - 190, self._cape_y, y)
        line = line - (self._cape_m + 60) * smoothstep(self._cape_y + 60, self._cape_y + 420, y)
        line = line + 16 * torch.sin(y / 170 + self._phase) * smoothstep(90, 260, y.abs())
        away = line - x
        far = smoothstep(150, 500, torch.sqrt(x * x + y * y))
        away = away + 60 * octaves(self._broad, x, y, 700, 3, 0.5, cut) * far
        away = away + 2.4 * octaves(self._fine, x, y, 70, 3, 0.5, cut)
        isle_x, isle_y, radius = self._isle
        isle = radius - torch.sqrt((x - isle_x) ** 2 + (y - isle_y) ** 2)
        away = torch.maximum(away, isle + 5 * octaves(self._fine, x, y, 36, 4, 0.5, cut))
        self._known = (x, y, away)
        return away

    def elevation(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        away = self._inland(x, y, cut)
        beach = 2.1 * (1 - torch.exp(-away.clamp(min=0) / 11)) + 0.010 * away.clamp(0, 120)
        berm = 0.45 * smoothstep(15, 24, away)
        berm = berm + 0.5 * octaves(self._fine, x, y, 30, 4, 0.5, cut) * smoothstep(16, 40, away)
        hills = octaves(self._broad, x, y, 1500, 6, 0.47, cut)
        crests = ridges(self._broad, x, y, 1300, 6, 0.48, cut)
        cape = smoothstep(self._cape_y - 150, self._cape_y + 40, y) * smoothstep(4, 120, away)
        rise = cape * (36 + 34 * crests + 14 * hills.clamp(min=-1)) * (0.55 + 0.45 * self._lift)
        back = smoothstep(110, 900, away) * (90 + 70 * hills.clamp(-0.8, 2))
        peaks = smoothstep(500, 2600, away) * smoothstep(-400, 1800, y + 0.4 * away) * (200 + 420 * crests)
        land = beach + berm + rise + (back + peaks) * self._lift
        isle_x, isle_y, _ = self._isle
        near_isle = torch.exp(-(((x - isle_x) / 13) ** 2) - ((y - isle_y) / 13) ** 2)
        land = land + near_isle * (7 + 4 * octaves(self._fine, x, y, 14, 4, 0.55, cut))
        out = -away
        lagoon = -0.13 * out.clamp(max=9) - 0.006 * (out - 9).clamp(0, 160)
        lagoon = lagoon + 0.40 * octaves(self._fine, x, y, 60, 4, 0.5, cut) * smoothstep(4, 40, out)
        reef_line = _REEF_M + 24 * octaves(self._broad, x, y, 420, 3, 0.5, cut)
        past = out - reef_line
        reef = torch.exp(-((past / 16) ** 2)) * (2.0 + 0.8 * octaves(self._fine, x, y, 26, 4, 0.55, cut))
        deep = lagoon + reef - 24 * smoothstep(4, 130, past)
        return torch.where(away > 0, land, deep)

    def carve(self, height: Tensor, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        return height

    def tree_share(self, x: Tensor, y: Tensor, height: Tensor, steep: Tensor) -> Tensor:
        patch = lookup(self._broad, x, y, 190 * FEATURES) + 0.5 * lookup(self._fine, x, y, 60 * FEATURES)
        share = smoothstep(0.7 - 2.6 * self._vegetation, 1.4 - 2.4 * self._vegetation, patch + 0.55)
        share = share * smoothstep(1.6, 1.0, steep) * smoothstep(self._tide + 1.9, self._tide + 2.5, height)
        away = self._inland(x, y, 1.0)
        grove = smoothstep(17, 34, away + 5 * patch)  # the sand stays open, the grove thickens inland
        return share * grove

    def paint(self, hit: Hit, scene: Scene) -> Paint:
        tone = 0.5 + 0.26 * hit.n9 + 0.20 * hit.n60
        dry = 0.5 - 0.5 * math.cos((scene.season - 1.1) * math.pi / 2)  # the dry months are early winter to spring
        rock = between((0.085, 0.075, 0.065), (0.24, 0.21, 0.18), 0.5 + 0.25 * hit.n9 + 0.2 * hit.n60)
        edge = hit.steep + 0.10 * hit.n9 + 0.06 * hit.n60
        green = smoothstep(1.25, 0.9, edge)
        lush = between((0.030, 0.060, 0.012), (0.105, 0.135, 0.034), tone)
        parched = between((0.085, 0.072, 0.030), (0.200, 0.165, 0.074), tone)
        albedo = lay(rock, lay(lush, parched, torch.full_like(hit.x, 0.62 * dry)), green)
        above = hit.above_water + 0.35 * hit.n9 + 0.2 * hit.n60
        sand = smoothstep(3.1, 2.3, above) * smoothstep(0.8, 0.5, edge)
        white = between((0.52, 0.46, 0.365), (0.70, 0.645, 0.54), 0.55 + 0.2 * hit.n9 + 0.2 * hit.n60)
        albedo = lay(albedo, white, sand)
        wrack = smoothstep(0.10, 0.0, (hit.above_water - 1.15 - 0.10 * hit.n9 - 0.14 * hit.n60).abs()) * sand
        albedo = lay(albedo, (0.20, 0.155, 0.095), 0.55 * wrack * smoothstep(-0.2, 0.8, hit.n9))
        wet = smoothstep(0.60, 0.22, hit.above_water + 0.07 * hit.n9) * sand
        albedo = albedo * (1 - 0.30 * wet)
        jungle = between((0.020, 0.042, 0.010), (0.070, 0.098, 0.024), 0.5 + 0.35 * hit.n9 + 0.2 * hit.n60)
        jungle = lay(jungle, between((0.055, 0.066, 0.018), (0.150, 0.140, 0.046), tone), (
            smoothstep(0.4, 1.4, hit.n60 + 0.5 * hit.n9) * (0.35 + 0.5 * dry)
        ))
        albedo = lay(albedo, jungle, hit.canopy)
        bare = (1 - green) * (1 - hit.canopy)
        bump = 0.16 + 0.84 * bare * (1 - sand)
        return Paint(albedo, bump, 0.22 + 0.6 * bare + 0.3 * (1 - sand), bare * (1 - sand), torch.zeros_like(hit.x))

    def surf(self, x: Tensor, y: Tensor) -> Tensor:
        out = -self._inland(x, y, 0.0)
        past = out - _REEF_M - 24 * octaves(self._broad, x, y, 420, 3, 0.5)
        edge = 0.30 * smoothstep(14, 3, out)
        return torch.maximum(torch.exp(-((past / 24) ** 2)), edge)

    def props(self, ground: GroundAt) -> list[Cards]:
        random = np.random.Generator(np.random.PCG64(self._seed * 11 + 5))
        spots: list[tuple[float, float, float, float, float]] = []
        # leaning over the beach: first the ones that frame the picture, then groups along the sand
        for y, inland, tall, lean in ((2.0, 6.5, 10.5, 0.85), (7.0, 9.0, 12.5, 0.6), (30.0, 7.0, 11.0, 0.95)):
            spots.append((self._shore(ground, y) - inland, y, tall, 0.15, lean))
        for _ in range(15):
            y = 14 + 150 * random.random() ** 1.3
            inland = 6.5 + 15 * random.random() ** 1.4
            lean = 0.9 - 0.035 * inland + 0.25 * random.normal()
            spots.append((
                self._shore(ground, y) - inland, y, 8 + 6 * random.random(), 0.5 * random.normal(),
                min(max(lean, 0.1), 1.0),
            ))
        spots = [spot for spot in spots if not self._in_the_way(spot[0], spot[1])]
        isle_x, isle_y, radius = self._isle
        for k in range(6):
            turn = k * 1.05 + random.random()
            reach = radius * (0.15 + 0.45 * random.random())
            spots.append((
                isle_x + reach * math.cos(turn), isle_y + reach * math.sin(turn), 7 + 4 * random.random(), turn, 0.5,
            ))
        east, north, tall, turn, lean = np.array(spots).T
        feet = np.array([ground(a, b) for a, b in zip(east.tolist(), north.tolist(), strict=True)])
        things = shore_plants.palms(east, north, feet, tall, turn, lean, self._seed)
        # a hut over the lagoon at the end of a footbridge, and a boat drawn up on the sand
        pier_y = self._pier_y
        foot, deck = self._shore(ground, pier_y), self._tide + 1.15
        bed = self._tide - 2.4
        things.append(landmarks.jetty(foot - 7.0, pier_y, deck, -math.pi / 2 + 0.05, 25.0, bed, self._seed))
        things.append(landmarks.stilt_hut(foot + 23.5, pier_y + 2.5, deck, -math.pi / 2 + 0.05, bed, self._seed))
        boat_y = 27.0
        boat_x = self._shore(ground, boat_y) - 3.0
        things.append(landmarks.rowboat(
            boat_x, boat_y, ground(boat_x, boat_y) + 0.14, -1.05, 0.16, self._seed, Thing.PAINT,
        ))
        return things

    def _in_the_way(self, x: float, y: float) -> bool:
        """Whether a trunk would stand before one of the standard cameras."""
        focus_x, focus_y = (float(v) for v in self.stage_hint.focus_m[:2])
        for eye_x, eye_y in near_of(self.stage_hint).spots_m[1:]:
            long = math.hypot(focus_x - eye_x, focus_y - eye_y)
            ahead_x, ahead_y = (focus_x - eye_x) / long, (focus_y - eye_y) / long
            ahead = (x - eye_x) * ahead_x + (y - eye_y) * ahead_y
            aside = abs((x - eye_x) * ahead_y - (y - eye_y) * ahead_x)
            if -6 < ahead < long + 8 and aside < 3.5 + 0.10 * max(ahead, 0.0):
                return True
        return False

    def _shore(self, ground: GroundAt, y: float) -> float:
        """How far east one walks at y, from the grove, until the sea begins."""
        return next((x for x in np.arange(-70.0, 120.0, 0.5).tolist() if ground(x, y) < self._tide + 0.05), 0.0)
