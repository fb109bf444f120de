"""What people, projects and the directory promise, on both engines."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from store.errors import ConflictError, NotFoundError
from store.ids import EnvironmentId, ProjectId, UserId
from store.opening import Stores
from tests.contracts.conftest import Clock

SECRET = hashlib.sha256(b"secret").hexdigest()


async def test_a_user_is_found_by_id_and_by_email_in_any_case(stores: Stores, clock: Clock) -> None:
    ann = await stores.people.create_user("Ann", " Ann@Example.org ")

    assert ann.email == "ann@example.org"
    assert ann.created_at == clock()
    assert ann.color.startswith("#")
    assert await stores.people.get_user(ann.id) == ann
    assert await stores.people.find_user_by_email("ANN@example.ORG") == ann
    assert await stores.people.find_user_by_email("bob@example.org") is None
    with pytest.raises(NotFoundError, match="usr_none"):
        await stores.people.get_user(UserId("usr_none"))


async def test_an_email_and_an_id_are_taken_once(stores: Stores) -> None:
    await stores.people.create_user("Ann", "ann@example.org", user_id=UserId("usr_ann"))

    with pytest.raises(ConflictError):
        await stores.people.create_user("Other", "ANN@example.org")
    with pytest.raises(ConflictError):
        await stores.people.create_user("Other", user_id=UserId("usr_ann"))
    await stores.people.create_user("No mail")
    await stores.people.create_user("No mail either", "")


async def test_a_user_is_renamed_and_gets_a_password(stores: Stores) -> None:
    ann = await stores.people.create_user("Ann", "ann@example.org", "hash 1")
    bob = await stores.people.create_user("Bob")
    assert await stores.people.password_hash(ann.id) == "hash 1"
    assert await stores.people.password_hash(bob.id) is None

    await stores.people.set_password_hash(ann.id, "hash 2")
    await stores.people.set_password_hash(bob.id, "hash 3")

    assert await stores.people.password_hash(ann.id) == "hash 2"
    assert await stores.people.password_hash(bob.id) == "hash 3"
    assert (await stores.people.rename_user(bob.id, "Robert")).name == "Robert"
    with pytest.raises(NotFoundError):
        await stores.people.rename_user(UserId("usr_none"), "Nobody")


async def test_a_token_opens_until_it_expires_or_is_dropped(stores: Stores, clock: Clock) -> None:
    ann = await stores.people.create_user("Ann")
    lasting = await stores.people.add_token(ann.id, "laptop", SECRET, "api")
    brief = await stores.people.add_token(ann.id, "browser", "b" * 64, "session", clock() + 60)

    assert await stores.people.find_token(SECRET, clock()) == lasting
    assert await stores.people.find_token("b" * 64, clock()) == brief
    assert await stores.people.find_token("b" * 64, clock() + 60) is None
    assert await stores.people.find_token("c" * 64, clock()) is None
    assert {token.id for token in await stores.people.list_tokens(ann.id)} == {lasting.id, brief.id}

    await stores.people.drop_token(lasting.id)
    await stores.people.drop_token(lasting.id)

    assert await stores.people.find_token(SECRET, clock()) is None


async def test_a_sign_in_link_is_used_up_by_exactly_one_of_many(stores: Stores, clock: Clock) -> None:
    ann = await stores.people.create_user("Ann")
    link = await stores.people.add_token(ann.id, "link", SECRET, "link", clock() + 60)
    await stores.people.add_token(ann.id, "late", "b" * 64, "link", clock() - 1)
    await stores.people.add_token(ann.id, "laptop", "c" * 64, "api")

    taken = await asyncio.gather(*(stores.people.take_link(SECRET, clock()) for _ in range(5)))

    assert [token for token in taken if token is not None] == [link]
    assert await stores.people.take_link("b" * 64, clock()) is None
    assert await stores.people.take_link("c" * 64, clock()) is None


async def test_a_secret_belongs_to_one_token(stores: Stores) -> None:
    ann = await stores.people.create_user("Ann")
    await stores.people.add_token(ann.id, "one", SECRET, "api")

    with pytest.raises(ConflictError):
        await stores.people.add_token(ann.id, "two", SECRET, "api")
    with pytest.raises(ConflictError):
        await stores.people.add_token(UserId("usr_none"), "three", "d" * 64, "api")


async def test_a_project_begins_with_its_owner(stores: Stores, clock: Clock) -> None:
    ann = await stores.people.create_user("Ann")

    project = await stores.people.create_project("Northern lights", ann.id)

    assert (project.name, project.created_by, project.created_at, project.archived_at) == (
        "Northern lights", ann.id, clock(), None,
    )
    assert await stores.people.get_project(project.id) == project
    assert await stores.people.list_projects(ann.id) == [(project, "owner")]
    assert await stores.people.members(project.id) == [(ann, "owner")]
    assert await stores.people.role_of(project.id, ann.id) == "owner"
    with pytest.raises(NotFoundError):
        await stores.people.get_project(ProjectId("prj_none"))


async def test_a_project_is_renamed_archived_and_restored(stores: Stores, clock: Clock) -> None:
    ann = await stores.people.create_user("Ann")
    project = await stores.people.create_project("One", ann.id)

    assert (await stores.people.rename_project(project.id, "Two")).name == "Two"
    assert (await stores.people.archive_project(project.id)).archived_at == clock()
    assert (await stores.people.archive_project(project.id, archived=False)).archived_at is None
    with pytest.raises(NotFoundError):
        await stores.people.rename_project(ProjectId("prj_none"), "Three")


async def test_members_come_change_and_go(stores: Stores) -> None:
    ann, bob = await stores.people.create_user("Ann"), await stores.people.create_user("Bob")
    project = await stores.people.create_project("One", ann.id)
    assert await stores.people.role_of(project.id, bob.id) is None

    await stores.people.set_member(project.id, bob.id, "viewer")
    await stores.people.set_member(project.id, bob.id, "editor")
    assert await stores.people.members(project.id) == [(ann, "owner"), (bob, "editor")]

    await stores.people.drop_member(project.id, bob.id)
    await stores.people.drop_member(project.id, bob.id)
    assert await stores.people.role_of(project.id, bob.id) is None
    assert await stores.people.list_projects(bob.id) == []
    with pytest.raises(ConflictError):
        await stores.people.set_member(project.id, UserId("usr_none"), "viewer")


async def test_a_project_keeps_an_owner(stores: Stores) -> None:
    ann, bob = await stores.people.create_user("Ann"), await stores.people.create_user("Bob")
    project = await stores.people.create_project("One", ann.id)
    with pytest.raises(ConflictError, match="owner"):
        await stores.people.drop_member(project.id, ann.id)
    with pytest.raises(ConflictError, match="owner"):
        await stores.people.set_member(project.id, ann.id, "viewer")
    await stores.people.set_member(project.id, bob.id, "owner")

    outcomes = await asyncio.gather(
        stores.people.set_member(project.id, ann.id, "viewer"),
        stores.people.set_member(project.id, bob.id, "viewer"),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes if outcome is not None] == [ConflictError]
    assert sorted(role for _, role in await stores.people.members(project.id)) == ["owner", "viewer"]


async def test_the_directory_gives_an_environment_to_the_first_project_that_names_it(stores: Stores) -> None:
    one, two = ProjectId("prj_1"), ProjectId("prj_2")

    assert await stores.directory.put(EnvironmentId("env_b"), one)
    assert await stores.directory.put(EnvironmentId("env_a"), one)
    assert await stores.directory.put(EnvironmentId("env_a"), one)
    assert not await stores.directory.put(EnvironmentId("env_a"), two)

    assert await stores.directory.project_of(EnvironmentId("env_a")) == one
    assert await stores.directory.project_of(EnvironmentId("env_none")) is None
    assert await stores.directory.list(one) == ["env_a", "env_b"]
    assert await stores.directory.list(two) == []
