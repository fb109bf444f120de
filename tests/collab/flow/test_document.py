"""What the document promises to people who write it through us, and to people who read what others wrote."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pycrdt import Array, Doc, Map, Text

from collab.document import EnvironmentsDoc
from collab.schema import (
    MAX_ENVIRONMENTS,
    MAX_VARIATIONS,
    EnvironmentView,
    InvalidEditError,
    LimitError,
    NewEnvironment,
    NoSuchRecordError,
)


@pytest.fixture
def doc() -> Doc[Any]:
    return Doc()


def make(doc: Doc[Any], environment: str = "env_a", **fields: Any) -> EnvironmentView:
    with doc.transaction():
        return EnvironmentsDoc(doc).create_environment(
            environment, NewEnvironment(**{"name": "Ridge", **fields}), created_by="usr_ana", now=1000.5
        )


def read(doc: Doc[Any], environment: str = "env_a") -> EnvironmentView:
    view = EnvironmentsDoc(doc).view(environment)
    assert view is not None
    return view


def patch(doc: Doc[Any], changes: dict[str, Any], environment: str = "env_a") -> EnvironmentView:
    with doc.transaction():
        return EnvironmentsDoc(doc).patch(environment, changes)


def test_a_new_environment_has_every_name_of_the_public_contract(doc: Doc[Any]) -> None:
    make(doc, description="High valley", parameters={"archetype": "alpine", "seed": 7}, tags=("hero",))

    node = doc.get("environments", type=Map)["env_a"]
    assert set(node.keys()) == {
        "name", "description", "location_type", "quality", "created_by", "created_at", "archived_at", "parameters",
        "style", "cameras", "variations", "renders", "scenes", "tags",
    }  # fmt: skip
    assert node.to_py() == {
        "name": "Ridge", "description": "High valley", "location_type": "exterior", "quality": "standard",
        "created_by": "usr_ana", "created_at": 1000.5, "archived_at": None,
        "parameters": {"archetype": "alpine", "seed": 7.0}, "style": {}, "cameras": {}, "variations": {},
        "renders": {}, "scenes": {}, "tags": {"hero": True},
    }  # fmt: skip
    assert doc.get("meta", type=Map).to_py() == {"schema": 1.0}


def test_a_view_of_a_good_environment_has_no_problems_and_goes_to_json(doc: Doc[Any]) -> None:
    view = make(doc, parameters={"archetype": "interior"})

    assert view == read(doc)
    assert view.problems == ()
    assert view.location_type == "interior"
    assert json.loads(json.dumps(view.to_json(), allow_nan=False))["name"] == "Ridge"


def test_patch_merges_maps_by_key_and_none_removes(doc: Doc[Any]) -> None:
    make(doc, parameters={"haze": 0.5, "seed": 3}, style={"mood": "calm"})

    view = patch(doc, {"name": " Saddle ", "parameters": {"haze": None, "time_of_day": 18}, "style": {"grade": "warm"},
                       "tags": {"day-1": True}, "scenes": {"sc_1": {"heading": "EXT. RIDGE - DAY"}}})  # fmt: skip

    assert view.name == "Saddle"
    assert view.parameters == {"seed": 3, "time_of_day": 18}
    assert view.style == {"mood": "calm", "grade": "warm"}
    assert view.tags == ("day-1",)
    assert view.scenes["sc_1"]["heading"] == "EXT. RIDGE - DAY"
    assert patch(doc, {"tags": {"day-1": None}}).tags == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"parameters": {"haze": 0.2, "gravity": 1}}, "parameters.gravity"),
        ({"parameters": {"time_of_day": 25}}, "parameters.time_of_day"),
        ({"parameters": {"time_of_day": float("nan")}}, "parameters.time_of_day"),
        ({"parameters": {"time_of_day": "noon"}}, "parameters.time_of_day"),
        ({"parameters": {"seed": 10**400}}, "parameters.seed"),
        ({"parameters": [1]}, "parameters"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "half \ud800"}, "name"),
        ({"description": "x" * 20_001}, "description"),
        ({"quality": "ultra"}, "quality"),
        ({"location_type": 3}, "location_type"),
        ({"renders": {}}, "renders"),
        ({"colour": "red"}, "colour"),
        ({"cameras": {"c1": {"kind": "custom", "position_m": [0, 0, 2]}}}, "cameras.c1.camera"),
        ({"cameras": {"medium": {"kind": "medium_wide"}}}, "cameras.medium"),
        ({"cameras": {"c/1": {"kind": "medium"}}}, "cameras.c/1"),
        ({"scenes": {"s": {"script": "x" * 20_000}}}, "scenes.s"),
        ({"style": {"mood": "\udc00"}}, "style.mood"),
        ({"tags": {"x": "yes"}}, "tags.x"),
    ],
)
def test_a_bad_edit_names_its_field_and_changes_nothing(doc: Doc[Any], changes: dict[str, Any], field: str) -> None:
    make(doc)
    before = doc.get_update()

    with pytest.raises(InvalidEditError) as raised:
        patch(doc, {"name": "Other", **changes})

    assert raised.value.field == field
    assert raised.value.message
    assert doc.get_update() == before


def test_limits_say_which_limit(doc: Doc[Any]) -> None:
    with doc.transaction():
        for number in range(MAX_ENVIRONMENTS):
            doc.get("environments", type=Map)[f"env_{number}"] = Map()
    with pytest.raises(LimitError, match="1,000"):
        make(doc, "one_more")

    other: Doc[Any] = Doc()
    make(other)
    with other.transaction():
        tree = EnvironmentsDoc(other)
        for number in range(MAX_VARIATIONS):
            tree.add_variation("env_a", f"v{number}", label="v", axis="custom", overrides={}, proposed_by="usr_ana")
        tree.add_variation("env_a", "v0", label="again", axis="custom", overrides={}, proposed_by="usr_ana")
        with pytest.raises(LimitError, match="64"):
            tree.add_variation("env_a", "w", label="v", axis="custom", overrides={}, proposed_by="usr_ana")


def test_an_id_is_taken_once(doc: Doc[Any]) -> None:
    make(doc)
    with pytest.raises(InvalidEditError, match="exists already"):
        make(doc)


def test_editing_what_is_not_there_says_so(doc: Doc[Any]) -> None:
    with pytest.raises(NoSuchRecordError, match="env_x"):
        patch(doc, {"name": "x"}, "env_x")
    assert EnvironmentsDoc(doc).view("env_x") is None


def test_archive_is_a_time_and_restore_takes_it_back(doc: Doc[Any]) -> None:
    make(doc)
    with doc.transaction():
        assert EnvironmentsDoc(doc).archive("env_a", 2000.0).archived_at == 2000.0
        assert EnvironmentsDoc(doc).archive("env_a", None).archived_at is None


def test_removing_a_variation_removes_its_pictures_only(doc: Doc[Any]) -> None:
    make(doc)
    with doc.transaction():
        tree = EnvironmentsDoc(doc)
        tree.add_variation("env_a", "dusk", label="Dusk", axis="time_of_day", overrides={"time_of_day": 19.4},
                           proposed_by="usr_ana")  # fmt: skip
        for slot in ("base/medium", "dusk/medium"):
            tree.set_render("env_a", slot, {"state": "queued"})
        tree.remove_variation("env_a", "dusk")

    assert set(read(doc).renders) == {"base/medium"}
    assert not read(doc).variations


HOSTILE: dict[str, Any] = {
    "name": 5, "description": None, "location_type": ["a"], "quality": {"a": 1}, "created_by": b"\x00",
    "created_at": "yesterday", "archived_at": float("nan"),
    "parameters": {"time_of_day": float("inf"), "seed": [1], "antigravity": 1, "weather": {"x": 1}},
    "style": 7, "cameras": {"a": 5, "b": None}, "variations": {"v": 1, "w": {"label": 3, "overrides": "x"}},
    "renders": {"base/medium": "done", "x": 5}, "scenes": [1, 2], "tags": {"t": "on", "u": True},
}  # fmt: skip


@pytest.mark.parametrize("inner", ["json", "maps"])
def test_R3_whatever_a_client_writes_still_reads_and_the_problems_have_names(doc: Doc[Any], inner: str) -> None:
    environments = doc.get("environments", type=Map)
    with doc.transaction():
        as_map = {key: Map(value) if isinstance(value, dict) else value for key, value in HOSTILE.items()}
        environments["env_a"] = Map(HOSTILE if inner == "json" else as_map)

    view = read(doc)

    fields = {problem.field for problem in view.problems}
    assert {"name", "location_type", "quality", "created_at", "archived_at", "style", "scenes"} <= fields
    assert {"parameters.time_of_day", "parameters.seed", "parameters.antigravity", "parameters.weather"} <= fields
    assert {"cameras.a", "variations.v", "variations.w.label", "renders.base/medium"} <= fields
    assert view.tags == ("u",)
    assert view.archived_at is None
    json.dumps(view.to_json(), allow_nan=False)


@pytest.mark.parametrize("value", [5, "text", None, [1], Text("hi"), Array([1]), {"a": 1}])
def test_R3_an_environment_that_is_no_map_reads_as_a_problem_and_refuses_edits(doc: Doc[Any], value: Any) -> None:
    with doc.transaction():
        doc.get("environments", type=Map)["env_a"] = value

    view = EnvironmentsDoc(doc).view("env_a")

    if value is None:
        assert view is None
    else:
        assert view is not None
        assert view.problems
        assert not view.is_live
    with pytest.raises(NoSuchRecordError):
        patch(doc, {"name": "x"})


def test_R3_a_missing_or_wrong_submap_is_made_anew_by_an_edit(doc: Doc[Any]) -> None:
    with doc.transaction():
        doc.get("environments", type=Map)["env_a"] = Map({"name": "old client", "renders": 4})

    patch(doc, {"parameters": {"haze": 0.5}})
    with doc.transaction():
        EnvironmentsDoc(doc).set_render("env_a", "base/medium", {"state": "queued"})

    assert read(doc).parameters == {"haze": 0.5}
    assert EnvironmentsDoc(doc).render("env_a", "base/medium") == {"state": "queued"}


def test_text_in_a_shared_text_type_still_reads_as_text(doc: Doc[Any]) -> None:
    with doc.transaction():
        doc.get("environments", type=Map)["env_a"] = Map({"description": Text("Åsen — 山")})

    assert read(doc).description == "Åsen — 山"
