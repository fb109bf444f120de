"""Files that leave the house: what is in them, read back by other people's readers."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zlib
from xml.etree import ElementTree

import numpy as np
import OpenEXR
import pytest
from PIL import Image

from render.engines.base import Picture
from render.exr import SKY_DEPTH_M, world_to_camera, world_to_ndc
from render.outputs import encode_draft, encode_settled, encode_thumbs, is_finite
from render.spec import ENGINE_VERSION, RenderSpec, parse_spec
from render.view import equirect, pinhole

W, H = 96, 54


@pytest.fixture
def spec() -> RenderSpec:
    return parse_spec({"scene": {"archetype": "coast", "seed": 3}, "width_px": W, "height_px": H})


@pytest.fixture
def picture() -> Picture:
    rng = np.random.default_rng(5)
    depth = rng.uniform(1, 5000, (H, W)).astype(np.float32)
    depth[:10] = np.inf
    linear = rng.uniform(0, 4, (H, W, 3)).astype(np.float32)
    linear[0, 0] = 1e9  # the sun's disc is brighter than a half can say
    display = rng.integers(0, 256, (H, W, 3), np.uint8)
    view = pinhole(W, H, np.array([10.0, -20.0, 5.0]), np.array([40.0, 60.0, 8.0]), 24.0)
    return Picture(display, linear, depth, view, notes=("the camera was moved out of the hillside – 3 m",))


def test_png_is_lossless_and_carries_its_spec(picture: Picture, spec: RenderSpec) -> None:
    _, parts = encode_settled(picture, spec)
    image = Image.open(io.BytesIO(parts["image"]))

    assert np.array_equal(np.asarray(image), picture.display)
    about = json.loads(image.info["cyclorama"])
    assert parse_spec(about["spec"]).digest() == about["digest"] == spec.digest()
    assert about["camera"] == picture.view.to_json()
    assert about["notes"] == list(picture.notes)
    assert about["engine"] == f"procedural/{ENGINE_VERSION}"
    assert "iTXt" in _png_chunks(parts["image"])


def test_exr_holds_half_radiance_and_float_depth_in_metres(picture: Picture, spec: RenderSpec) -> None:
    _, parts = encode_settled(picture, spec)
    file = OpenEXR.File(io.BytesIO(parts["depth"]))
    rgb, depth = file.channels()["RGB"].pixels, file.channels()["Z"].pixels

    assert (rgb.dtype, depth.dtype) == (np.float16, np.float32)
    assert np.allclose(rgb[1:], picture.linear[1:], rtol=1e-3)
    assert rgb[0, 0, 0] == 65504
    sky = np.isinf(picture.depth_m)
    assert np.array_equal(depth[~sky], picture.depth_m[~sky]), "depth is exact"
    assert (depth[sky] == np.float32(SKY_DEPTH_M)).all()
    header = file.header()
    assert header["cyclorama/skyDepth"] == SKY_DEPTH_M
    assert (header["cyclorama/depthType"], header["cyclorama/depthUnit"]) == ("planar", "m")
    assert json.loads(header["cyclorama/about"])["digest"] == spec.digest()
    assert np.allclose(header["chromaticities"][:2], (0.64, 0.33))
    assert np.allclose(header["worldToCamera"], world_to_camera(picture.view), rtol=1e-5)


def test_exr_holds_what_lies_under_the_light_and_the_camera_as_attributes(picture: Picture, spec: RenderSpec) -> None:
    rng = np.random.default_rng(2)
    picture.aux.update(
        normal=rng.uniform(-1, 1, (H, W, 3)).astype(np.float16), albedo=rng.uniform(0, 1, (H, W, 3)).astype(np.float16),
        object=rng.integers(0, 1 << 30, (H, W)).astype(np.uint32), material=np.full((H, W), 7, np.uint32),
    )
    file = OpenEXR.File(io.BytesIO(encode_settled(picture, spec)[1]["depth"]), separate_channels=True)
    channels, header = {name: channel.pixels for name, channel in file.channels().items()}, file.header()

    assert np.array_equal(np.stack([channels[f"N.{axis}"] for axis in "XYZ"], -1), picture.aux["normal"])
    assert np.array_equal(np.stack([channels[f"albedo.{c}"] for c in "RGB"], -1), picture.aux["albedo"])
    assert np.array_equal(channels["id.object"], picture.aux["object"])
    assert np.array_equal(channels["id.material"], picture.aux["material"])
    assert channels["id.object"].dtype == np.uint32
    assert header["cyclorama/seed"] == 3
    assert header["cyclorama/digest"] == spec.digest()
    assert header["cyclorama/engine"] == f"procedural/{spec.engine_version}"
    assert header["cyclorama/hfovDeg"] == pytest.approx(73.74, abs=0.01)
    matrix = np.array(json.loads(header["cyclorama/cameraToWorld"]))
    assert np.allclose(matrix[:3, 3], picture.view.eye_m)


def test_sidecar_names_every_file_and_says_the_camera_in_every_convention(picture: Picture, spec: RenderSpec) -> None:
    _, parts = encode_settled(picture, spec)
    about = json.loads(parts["sidecar"])

    for part in ("image", "depth", "thumb_512", "thumb_256", "thumb_128"):
        assert about["files"][part] == {
            "sha256": hashlib.sha256(parts[part]).hexdigest(), "bytes": len(parts[part])
        }
    assert (about["width"], about["height"], about["digest"]) == (W, H, spec.digest())
    said = about["camera_conventions"]
    ours, blender, usd = (np.array(said["camera_to_world"][name]) for name in ("opencv", "blender", "usd"))
    ahead = picture.view.eye_m + 5 * picture.view.world_from_cam[:, 2]
    assert np.allclose(ours @ [0, 0, 5, 1], [*ahead, 1])
    assert np.allclose(blender @ [0, 0, -5, 1], [*ahead, 1])
    assert np.allclose(np.array([0, 0, -5 * 100, 1]) @ usd, [100 * ahead[0], 100 * ahead[2], -100 * ahead[1], 1])
    for matrix in (ours, blender):
        assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1)


def test_files_say_in_xmp_what_they_are(picture: Picture, spec: RenderSpec) -> None:
    _, parts = encode_settled(picture, spec)

    for part in ("image", "thumb_128"):
        image = Image.open(io.BytesIO(parts[part]))
        packet = image.info["xmp"]
        text = packet.decode() if isinstance(packet, bytes) else packet
        root = ElementTree.fromstring(text[text.index("<x:xmpmeta") : text.index("<?xpacket end")])
        described = next(iter(root.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")))
        assert described.get("{http://ns.adobe.com/xap/1.0/mm/}OriginalDocumentID") == f"cyclorama:{spec.digest()}"
        kind = described.get("{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType") or ""
        assert kind.endswith("/algorithmicMedia"), "no model made this picture"
        about = described.find("{urn:cyclorama:1}about")
        assert about is not None
        assert json.loads(about.text or "")["digest"] == spec.digest()


def test_exr_camera_matrices_agree_with_the_view(picture: Picture) -> None:
    view = picture.view
    rng = np.random.default_rng(1)
    points = view.eye_m + rng.uniform(5, 50, (20, 1)) * view.world_from_cam[:, 2] + rng.uniform(-3, 3, (20, 3))
    x, y, z = ((points - view.eye_m) @ view.world_from_cam).T  # right, down, forward
    homogeneous = np.hstack([points, np.ones((20, 1))])

    camera = homogeneous @ world_to_camera(view)
    ndc = homogeneous @ world_to_ndc(view)

    assert np.allclose(camera[:, :3], np.stack([x, -y, z], 1)), "x right, y up, z forward"
    assert np.allclose(ndc[:, 3], z), "w is the planar depth"
    assert np.allclose(ndc[:, 0] / ndc[:, 3] * W, view.fx_px * x / z + view.cx_px)
    assert np.allclose(ndc[:, 1] / ndc[:, 3] * H, view.fy_px * y / z + view.cy_px), "y runs down the picture"


def test_worldToCamera_of_a_camera_looking_north_is_known() -> None:
    view = pinhole(10, 10, np.array([0.0, 0.0, 2.0]), np.array([0.0, 1.0, 2.0]), 24.0)
    # One metre east, four north, three above the eye.
    assert np.allclose(np.array([1.0, 4.0, 5.0, 1.0]) @ world_to_camera(view), [1.0, 3.0, 4.0, 1.0])


def test_pano_says_that_its_depth_is_radial() -> None:
    spec = parse_spec({"camera": {"kind": "pano"}, "width_px": 64, "height_px": 32})
    flat = np.ones((32, 64, 3), np.float32)
    view = equirect(64, 32, np.zeros(3))
    picture = Picture((flat * 255).astype(np.uint8), flat, flat[..., 0], view)
    header = OpenEXR.File(io.BytesIO(encode_settled(picture, spec)[1]["depth"])).header()
    assert header["cyclorama/depthType"] == "radial"
    assert header["envmap"] == OpenEXR.Envmap.ENVMAP_LATLONG
    assert "worldToCamera" not in header


def test_E1_same_picture_same_bytes(picture: Picture, spec: RenderSpec) -> None:
    assert encode_settled(picture, spec)[1] == encode_settled(picture, spec)[1]


def test_thumbs_have_three_widths_and_never_grow() -> None:
    large = np.zeros((400, 800, 3), np.uint8)
    sizes = {name: Image.open(io.BytesIO(data)).size for name, data in encode_thumbs(large).items()}
    assert sizes == {"512": (512, 256), "256": (256, 128), "128": (128, 64)}

    small = np.zeros((90, 200, 3), np.uint8)
    sizes = {name: Image.open(io.BytesIO(data)).size for name, data in encode_thumbs(small).items()}
    assert sizes == {"512": (200, 90), "256": (200, 90), "128": (128, 58)}


def test_draft_is_a_jpeg_without_depth(picture: Picture) -> None:
    result, data = encode_draft(picture)
    assert Image.open(io.BytesIO(data)).format == "JPEG"
    assert (result["width"], result["height"]) == (W, H)


def test_is_finite_allows_sky_but_no_nan(picture: Picture) -> None:
    assert is_finite(picture)
    picture.depth_m[20, 20] = np.nan
    assert not is_finite(picture)


def _png_chunks(data: bytes) -> list[str]:
    names, at = [], 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        (crc,) = struct.unpack(">I", data[at + 8 + size : at + 12 + size])
        assert zlib.crc32(data[at + 4 : at + 8 + size]) == crc
        names.append(data[at + 4 : at + 8].decode())
        at += 12 + size
    return names
