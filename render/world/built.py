"""Built worlds: a place's mesh traced by the quad rasteriser and shaded from baked light."""

from __future__ import annotations

import math
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
import torch
from torch import Tensor

from render.abreast import abreast, spans
from render.gbuffer import SKY, GBuffer
from render.light.base import Light
from render.light.glazing import held, scrim
from render.light.nodes import read
from render.light.roomsun import RoomSun
from render.light.shafts import shafts
from render.materials.base import Mood, Patch, Surface, smooth
from render.materials.table import Finish
from render.scene import Scene
from render.view import View
from render.visibility.quads import Quads, pixel_directions, trace_view
from render.visibility.rays import Spheres, intersect_ray, nearest_distance
from render.world.base import Point, Stage
from render.world.built_light import BuiltLight, Hour
from render.world.mirror import mirrored_light
from render.world.mood import leaf_share, mood_of
from render.world.place import Place, rotation
from render.world.quads_scene import Material

COARSE_SAMPLES = 160_000
"""Pictures up to this many samples are shaded with coarser sun maps: the preview sizes."""
_KEPT_LOOKS = 4
"""Parts of previews: both sizes of one camera, each in two."""
_KEPT_MIRRORED = 2
_GLIMPSE_SAMPLES = 400
"""Of views up to this size it pays to sort out beforehand what lies beside them."""
REVEAL_M = 0.4
"""How far a room reaches past its inner walls: their openings' depth up to the panes."""
REVEAL_WHITE = 1.3
"""What a white sheet beside a room's panes is let to expose to."""


@dataclass
class BuiltGBuffer(GBuffer):
    """A GBuffer that remembers its view, which reflections need, what is met where, and whether it is itself one.

    `quad` (N,) is the primitive, SKY where there is none; `u`, `v` (N,) the place on it in 0–1.
    `beam` gives the share of the sun (M,) that what is not built, as hills are, leaves to points (M, 3).
    """

    view: View
    quad: Tensor
    u: Tensor
    v: Tensor
    reflected: bool = False
    beam: Callable[[Tensor, Light], Tensor] | None = None


@dataclass(frozen=True)
class _Look:
    """What samples `which` of a G-buffer are, apart from their light: fields, facets, where the nodes are read."""

    of: weakref.ref[BuiltGBuffer]
    which: Tensor
    patch: Patch
    facet: Tensor
    plan: tuple[Tensor, Tensor]
    finish: Finish


class BuiltWorld:
    """A city street or a room: one World (render/world/base.py) for every camera, hour and weather."""

    stage: Stage

    def __init__(self, place: Place, scene: Scene, *, fine: bool = True) -> None:
        self.place = place
        self.stage = place.stage
        mesh = place.mesh
        self._quads = mesh.quads.pick(mesh.material != Material.UNSEEN)
        self._spheres = Spheres.around(self._quads)
        self._origin = mesh.quads.origin.float()
        self._visible = mesh.quads
        self._around: Spheres | None = None
        turn = torch.as_tensor(rotation(place.heading_deg))
        self._own_from_world = turn.T.float()
        self._size = torch.stack([mesh.quads.edge_u.norm(dim=1), mesh.quads.edge_v.norm(dim=1)], 1).float()
        self._tangent = (mesh.quads.edge_u.float() / self._size[:, :1]).contiguous()
        self._bitangent = (mesh.quads.edge_v.float() / self._size[:, 1:]).contiguous()
        self._facet = torch.nn.functional.normalize(
            torch.linalg.cross(mesh.quads.edge_u, mesh.quads.edge_v), dim=1
        ).float()
        self._material = mesh.material.int()
        self._casters = mesh.quads.pick(mesh.casts)
        self.lighting = BuiltLight(place, fine=fine)
        self._seen = mesh.material != Material.UNSEEN
        self.shown = torch.arange(len(mesh))
        self._mirrored: OrderedDict[tuple[object, ...], BuiltGBuffer] = OrderedDict()
        self._leaf_share = -1.0
        self._kept: OrderedDict[tuple[int, int], _Look] = OrderedDict()
        self._tracing = threading.Lock()
        self._dress(scene.season)

    @property
    def bytes(self) -> int:
        """Memory this world may come to hold, for caches."""
        return self.lighting.bytes + len(self._quads) * 700 + COARSE_SAMPLES * 400

    @staticmethod
    def build(
        scene: Scene, recipe: Callable[[Scene], Place], progress: Callable[[float, str], None], *, fine: bool = True
    ) -> BuiltWorld:
        """The world of a scene by a recipe; the same scene always gives the same world, bit for bit.

        A quick world (not `fine`) has the same surfaces; only light is traced from fewer points and directions.
        """
        progress(0.0, "building the place")
        place = place_of(scene, lambda: recipe(scene))
        progress(0.3, "building the place")
        world = BuiltWorld(place, scene, fine=fine)
        progress(0.4, "tracing the sky from the street")
        world.lighting.baked()
        progress(1.0, "built")
        return world

    def trace(self, view: View) -> BuiltGBuffer:
        hits = trace_view(self._visible, view)
        quad = torch.where(hits.quad >= 0, self.shown[hits.quad.clamp_min(0)], SKY)
        return self._gbuffer(view, quad, hits.depth_m, hits.u, hits.v)

    def depths_m(self, view: View) -> Tensor:
        """Depths (N,); see `Measures`."""
        if view.width_px * view.height_px > _GLIMPSE_SAMPLES:
            return trace_view(self._visible, view).depth_m
        if self._around is None:
            around = Spheres.around(self._visible)
            self._around = Spheres(around.centre.float(), around.radius.float() + 1e-3)
        return trace_view(self._visible.pick(self._around.in_view(view).nonzero().squeeze(1)), view).depth_m

    def _gbuffer(self, view: View, quad: Tensor, depth: Tensor, u: Tensor, v: Tensor) -> BuiltGBuffer:
        direction = pixel_directions(view)
        n = quad.shape[0]
        met = (quad >= 0).nonzero().squeeze(1)
        q = quad.index_select(0, met)
        facet = self._facet.index_select(0, q)
        away = (facet * direction.index_select(0, met)).sum(1, keepdim=True) > 0
        normal = torch.zeros(n, 3)
        normal[met] = torch.where(away, -facet, facet)
        material = torch.full((n,), SKY, dtype=torch.int32)
        material[met] = self._material.index_select(0, q)
        thing = torch.full((n,), SKY, dtype=torch.int32)
        thing[met] = self.place.mesh.thing.index_select(0, q)
        return BuiltGBuffer(depth, normal, thing, direction, material, view, quad, u, v)

    def position_m(self, g: BuiltGBuffer, which: Tensor) -> Tensor:
        """(M, 3) world points of samples `which` (M,) that meet something."""
        quad = g.quad.index_select(0, which)
        return self._points(quad, self._uv(g, which, self._size.index_select(0, quad)))

    def _points(self, quad: Tensor, uv: Tensor) -> Tensor:
        """(M, 3) world points at metres (M, 2) along the sides of primitives (M,)."""
        origin, tangent, bitangent = (
            part.index_select(0, quad) for part in (self._origin, self._tangent, self._bitangent)
        )
        return origin + uv[:, :1] * tangent + uv[:, 1:] * bitangent

    @staticmethod
    def _uv(g: BuiltGBuffer, which: Tensor, size: Tensor) -> Tensor:
        """(M, 2) metres along the sides (M, 2) of what samples (M,) see."""
        return torch.stack([g.u.index_select(0, which), g.v.index_select(0, which)], 1) * size

    def shade(self, g: GBuffer, which: Tensor, light: Light) -> Tensor:
        assert isinstance(g, BuiltGBuffer), "a built world shades what it traced itself"
        if which.numel() == 0:
            return torch.zeros(0, 3)
        hour = self.hour(light, coarse=g.depth_m.shape[0] <= COARSE_SAMPLES)
        self.lighting.table(hour, light)
        mood = mood_of(light, self.place.indoors, self.place.damp)
        radiance, mirror = torch.empty(which.numel(), 3), torch.empty(which.numel())

        def part(number: int, some: slice) -> None:
            radiance[some], mirror[some] = self._shaded(g, which[some], number, hour, mood, light)

        abreast(*(partial(part, *each) for each in enumerate(spans(which.numel()))))
        if not g.reflected:
            g.note_mirror(which, mirror)
            self._forget_mirrored()
        return radiance

    def _shaded(
        self, g: BuiltGBuffer, which: Tensor, number: int, hour: Hour, mood: Mood, light: Light
    ) -> tuple[Tensor, Tensor]:
        """Radiance (M, 3) of samples `which`, the part of that `number`, and the share (M,) of it that is mirrored."""
        look = self._look(g, which, number)
        patch, facet = look.patch, look.facet
        ambient = read(self.lighting.table(hour, light), *look.plan)[:, :3]
        s = look.finish.under(mood)
        g.note_albedo(which, s.albedo)
        radiance, mirrored = self._lit(patch, s, ambient, facet, light, hour, g.beam)
        if not g.reflected:
            puddles = self._mirror(g, which, patch, s, light, mood)
            radiance += puddles
            mirrored += puddles.sum(1)
        share = torch.maximum(s.glass, mirrored / radiance.sum(1).clamp_min(1e-9))
        if isinstance(hour.sun, RoomSun) and hour.sun.maps:
            radiance += shafts(g.view, which, g.depth_m[which], hour.sun, light, self.place.dust_per_m)
        return radiance, share

    def outdoors_m(self, eye_m: Tensor, direction: Tensor, along_m: Tensor) -> Tensor:
        """Metres (M,) that rays of length (M,) along unit ways (M, 3) run outside the room that the eye (3,) is in."""
        if self.place.room is None:
            return along_m
        low, high = torch.tensor(self.place.room[0]) - REVEAL_M, torch.tensor(self.place.room[1]) + REVEAL_M
        eye, way = eye_m.float() @ self._own_from_world, direction @ self._own_from_world
        leaves = torch.where(way > 0, high - eye, eye - low) / way.abs().clamp(min=1e-6)
        return (along_m - leaves.amin(1).clamp(min=0)).clamp(min=0)

    def hour(self, light: Light, *, coarse: bool) -> Hour:
        """Sun maps and daylight of one light, remembered; `coarse` maps are for previews."""
        return self.lighting.hour(light, self._casters, self._leaf_share, coarse)

    def is_free(self, point_m: Point, clearance_m: float) -> bool:
        own = np.asarray(point_m, np.float64) @ rotation(self.place.heading_deg).T
        if self.place.solid(*own) or own[2] < self.place.ground(own[0], own[1]) + min(clearance_m, 0.25):
            return False
        point = torch.as_tensor(np.asarray(point_m, np.float64))
        return nearest_distance(self._quads.pick(self._spheres.near(point, clearance_m)), point) >= clearance_m

    def first_hit(self, origin_m: Point, direction: Point) -> float:
        start = torch.as_tensor(np.asarray(origin_m, np.float64))
        way = torch.as_tensor(np.asarray(direction, np.float64))
        return intersect_ray(self._quads.pick(self._spheres.on_ray(start, way)), start, way)[0]

    def ground_m(self, x_m: float, y_m: float) -> float:
        own = np.array([x_m, y_m, 0.0]) @ rotation(self.place.heading_deg).T
        return self.place.ground(float(own[0]), float(own[1]))

    def adapt(self, scene: Scene, light: Light) -> Light:
        """Dress the world for a scene's season and meter it.

        Returns:
            The light with the exposure for this place: from light and geometry alone, the same for every camera (E4).
        """
        self._dress(scene.season)
        light = self.lighting.arrived(light)
        hour = self.hour(light, coarse=True)
        return replace(light, exposure=light.exposure * self.lighting.gain(light, hour.metered))

    def _dress(self, season: float) -> None:
        """Hide the leaves that have fallen, or not yet grown, by season."""
        share = round(leaf_share(season), 2)
        if share == self._leaf_share:
            return
        mesh = self.place.mesh
        bare = (mesh.material == Material.LEAF) & (mesh.params[:, 0] >= share)
        self._leaf_share = share
        self.shown = (~bare & self._seen).nonzero().squeeze(1)
        self._visible = mesh.quads.pick(self.shown)
        self._around = None
        self._casters = _thinned(mesh.quads.pick(~bare & mesh.casts))

    def _look(self, g: BuiltGBuffer, which: Tensor, number: int) -> _Look:
        """What the samples are, whatever the hour; those of the last previews are kept, by size and part."""
        name = (g.depth_m.shape[0], number)
        kept = self._kept.get(name)
        if kept is not None and kept.of() is g and torch.equal(kept.which, which):
            return kept
        look = self._patch(g, which)
        if not g.reflected:
            if g.depth_m.shape[0] <= COARSE_SAMPLES:
                self._kept[name] = look
                while len(self._kept) > _KEPT_LOOKS:
                    self._kept.popitem(last=False)
            else:
                self._kept.clear()
        return look

    def _patch(self, g: BuiltGBuffer, which: Tensor) -> _Look:
        """Everything materials need about the samples, and where their light is read."""
        mesh = self.place.mesh
        quad = g.quad.index_select(0, which)
        size = self._size.index_select(0, quad)
        uv = self._uv(g, which, size)
        st = uv / size
        facet, direction = g.normal.index_select(0, which), g.direction.index_select(0, which)
        corner = mesh.normal.index_select(0, quad)
        rounded = corner[:, 0] + st[:, :1] * (corner[:, 1] - corner[:, 0]) + st[:, 1:] * (corner[:, 2] - corner[:, 0])
        rounded = torch.nn.functional.normalize(rounded, dim=1)
        flip = (rounded * facet).sum(1, keepdim=True) < 0
        rounded = torch.where(flip, -rounded, rounded)
        plan = self.lighting.nodes.plan(quad, st[:, 0], st[:, 1])
        position = self._points(quad, uv)
        distance = (position - torch.as_tensor(g.view.eye_m).float()).norm(dim=1)
        pixel = 1 / g.view.fx_px if g.view.projection == "pinhole" else 2 * math.pi / g.view.width_px
        grazing = -(direction * facet).sum(1)
        footprint = distance * pixel / grazing.clamp_min(0.08).sqrt()
        street = (position @ self._own_from_world)[:, :2]
        patch = Patch(
            len(which),
            position=position,
            normal=rounded,
            direction=direction,
            tangent=self._tangent.index_select(0, quad),
            bitangent=self._bitangent.index_select(0, quad),
            uv=uv,
            size=size,
            distance=distance,
            footprint=footprint,
            tint=mesh.tint.index_select(0, quad),
            params=mesh.params.index_select(0, quad),
            street=street,
            open=read(self.lighting.baked().openness[:, None], *plan)[:, 0],
        )
        return _Look(weakref.ref(g), which, patch, facet, plan, Finish(patch, mesh.material[quad]))

    def _lit(
        self, p: Patch, s: Surface, ambient: Tensor, facet: Tensor, light: Light, hour: Hour,
        beam: Callable[[Tensor, Light], Tensor] | None,
    ) -> tuple[Tensor, Tensor]:
        """Outgoing radiance: ambient, sun with its shadow, mirror part, own light; and the sum of the mirror part."""
        shown, inside = torch.ones(1), self._inside(p)
        if inside is not None:  # sunny floors, reveals and sills keep their grain
            soft = held(ambient, math.pi / light.exposure, REVEAL_WHITE, late=True)
            ambient = torch.where(inside[:, None], soft, ambient)
            shown = torch.where(inside, scrim(light), 1.0)
        radiance = s.albedo * ambient * (s.ambient * (1 / math.pi))[:, None]
        mirrored = torch.zeros(len(p))
        if hour.sun is not None:
            cosine = (s.normal @ light.sun_direction).clamp_min(0)
            behind = -(s.normal @ light.sun_direction).clamp_max(0)
            front = facet @ light.sun_direction
            gated = torch.where(front > 0, cosine, 0.0) * s.sun
            strength = gated + s.through * torch.where(front <= 0, behind, 0.3 * behind)
            index = (strength > 1e-3).nonzero().squeeze(1)
            if index.numel():
                face, place = facet.index_select(0, index), p.position.index_select(0, index)
                face = torch.where(front.index_select(0, index)[:, None] > 0, face, -face)
                lit = hour.sun.lit(place, face, spin(place))
                lit = lit * (self._cloud_shade if beam is None else beam)(place, light)
                amount = strength[index] * lit * (shown if inside is None else shown[index])
                sunlit = s.albedo.index_select(0, index) * (amount / math.pi)[:, None] * light.sun_irradiance
                radiance.index_add_(0, index, sunlit)
                shiny = s.gloss[index] > 0.03
                spot = index[shiny]
                if spot.numel():
                    half = torch.nn.functional.normalize(light.sun_direction - p.direction[spot], dim=1)
                    power = 12 + 500 * s.gloss[spot] ** 2
                    peak = (half * s.normal[spot]).sum(1).clamp(0, 1) ** power
                    spec = peak * (power + 8) / (8 * math.pi) * 0.04 * lit[shiny] * s.gloss[spot].sqrt()
                    spec = spec * (1.0 if inside is None else (4 * shown[spot]).clamp(max=1))
                    glint = (spec * gated[spot].sign())[:, None] * light.sun_irradiance
                    radiance[spot] += glint
                    mirrored[spot] += glint.sum(1)
        index = (s.gloss > 0.03).nonzero().squeeze(1)
        if index.numel():
            sheen = self._sheen(p.pick(index), s.normal[index], s.gloss[index], ambient[index], light)
            radiance[index] += sheen
            mirrored[index] += sheen.sum(1)
        return radiance + s.emission, mirrored

    def _cloud_shade(self, position: Tensor, light: Light) -> Tensor:
        """Share of the sun (M,) that clouds leave to points (M, 3): full shade comes and goes down the street.

        Around the stage it is thinned, for one photographs a street while the sun is out; the same for every camera.
        """
        if light.clouds is None or self.place.indoors:
            return torch.ones(position.shape[0])
        away = (position - torch.tensor(self.stage.focus_m, dtype=torch.float32))[:, :2].norm(dim=1)
        depth = 0.35 + 0.65 * smooth(50.0, 220.0, away)
        return 1 - (1 - light.clouds.shadow(position, light.sun_direction)) * depth

    def _inside(self, p: Patch) -> Tensor | None:
        """(M,) bool, which points lie in the room, its openings up to the panes included; None for no room."""
        if self.place.room is None:
            return None
        low, high = (torch.tensor(corner[:2]) for corner in self.place.room)
        return ((p.street > low - REVEAL_M) & (p.street < high + REVEAL_M)).all(1)

    def _sheen(self, p: Patch, normal: Tensor, gloss: Tensor, ambient: Tensor, light: Light) -> Tensor:
        """Mirror part of smooth things: the sky where the mirrored way is high and open, else the surroundings."""
        cosine = -(p.direction * normal).sum(1, keepdim=True)
        away = torch.nn.functional.normalize(p.direction + 2 * cosine * normal, dim=1)
        around = ambient * (0.30 / math.pi)
        if self.place.indoors:
            seen = around * 1.6
        else:
            sky = light.sky.radiance(away)
            free = smooth(0.05, 0.45, away[:, 2]) * smooth(0.03, 0.35, p.open)
            seen = around + (sky - around) * free[:, None]
        fresnel = 0.04 + 0.9 * (1 - cosine.clamp(0, 1)) ** 5
        upward = (p.normal[:, 2] > 0.9) & (p.position[:, 2] < 0.6) & (light.wetness > 0.02)
        share = torch.where(upward, 0.0, gloss)[:, None]
        return seen * fresnel * share

    def _mirror(self, g: BuiltGBuffer, which: Tensor, p: Patch, s: Surface, light: Light, mood: Mood) -> Tensor:
        """Reflections in wet ground, traced through the mirrored camera."""
        out = torch.zeros(which.numel(), 3)
        if self.place.indoors or mood.wet < 0.05 or g.view.projection != "pinhole":
            return out
        index = ((p.normal[:, 2] > 0.9) & (p.position[:, 2] < 0.6) & (s.gloss > 0.12)).nonzero().squeeze(1)
        if index.numel() == 0:
            return out
        seen = mirrored_light(self, g.view, which[index], p.pick(index), s.gloss[index], light)
        cosine = (-(p.direction[index] * s.normal[index]).sum(1)).clamp(0, 1)
        fresnel = 0.03 + 0.85 * (1 - cosine) ** 4
        out[index] = seen * (fresnel * s.gloss[index])[:, None]
        return out

    def reflected(self, view: View, share: Callable[[], tuple[Quads, Tensor]]) -> BuiltGBuffer:
        """What the mirrored camera sees of a share of the mesh: its primitives and their ids.

        Those of previews are kept: while somebody drags the hour, the same camera asks again and again.
        """
        key = (view.eye_m.tobytes(), view.world_from_cam.tobytes(), view.width_px, view.height_px, view.fx_px,
               self._leaf_share)  # fmt: skip
        with self._tracing:  # the parts of one picture ask for the same
            if key in self._mirrored:
                return self._mirrored[key]
            quads, ids = share()
            hits = trace_view(quads, view)
            quad = torch.where(hits.quad >= 0, ids[hits.quad.clamp_min(0)], -1)
            g = self._gbuffer(view, quad, hits.depth_m, hits.u, hits.v)
            g.reflected = True
            self._mirrored[key] = g
            while len(self._mirrored) > _KEPT_MIRRORED:
                self._mirrored.popitem(last=False)
            return g

    def _forget_mirrored(self) -> None:
        """Let go of what the mirrored camera of a large picture saw."""
        for key, g in list(self._mirrored.items()):
            if g.depth_m.shape[0] > COARSE_SAMPLES // 4:
                del self._mirrored[key]


_PLACES: WeakValueDictionary[tuple[object, ...], Place] = WeakValueDictionary()


def place_of(scene: Scene, make: Callable[[], Place]) -> Place:
    """The place of a scene's geometry: both versions of a world share one while either is alive."""
    key = (scene.archetype, *scene.key("geometry"))
    place = _PLACES.get(key)
    if place is None:
        place = _PLACES[key] = make()
    return place


def _thinned(quads: Quads) -> Quads:
    """The same, with cards that a stencil cuts shrunk to what is left of them: shadow maps know no stencils."""
    if quads.cutout is None:
        return quads
    share = torch.where(quads.cutout > 0, 0.74, 1.0).double()[:, None]
    origin = quads.origin + (1 - share) * 0.5 * (quads.edge_u + quads.edge_v)
    return replace(quads, origin=origin, edge_u=quads.edge_u * share, edge_v=quads.edge_v * share)


def spin(position: Tensor) -> Tensor:
    """(M,) turns in 0–1 fixed to the surface, so that soft shadow edges hold still between cameras."""
    x = torch.sin(position @ torch.tensor([127.1, 311.7, 74.7])) * 437.585
    return x - x.floor()
