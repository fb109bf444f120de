"""The application: routes, middleware and the house they stand in. `uvicorn --factory api.app:create_app` works too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.responses import HTMLResponse, JSONResponse

from api.demo import ensure_demo
from api.docs import docs_page
from api.errors import install_error_handlers
from api.headers import EveryAnswer
from api.house import open_house
from api.limits import BodyLimit
from api.metrics import Meters
from api.openapi import installed_version, openapi_of
from api.owner import ensure_owner
from api.routes import describe, environments, health, history, jobs, objects, people, projects, renders, scene
from api.settings import Settings
from api.static import Client
from api.ws import Sockets


def create_app(settings: Settings | None = None) -> FastAPI:
    """The whole server as an ASGI app; its lifespan opens and closes the house.

    Args:
        settings: read from the environment when left out.
    """
    chosen = settings or Settings.read()
    meters = Meters()
    client = Client(chosen.client_dir)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_house(chosen, meters) as house:
            await ensure_owner(house)
            await ensure_demo(house)
            app.state.house = house
            yield

    app = FastAPI(
        title="Cyclorama", version=installed_version(), lifespan=lifespan,
        openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False,
    )
    for module in (people, projects, environments, history, renders, jobs, objects, scene, describe, health):
        app.include_router(module.router)

    @app.get("/api/openapi.json", include_in_schema=False)
    async def openapi() -> JSONResponse:
        return JSONResponse(openapi_of(app))

    @app.get("/api/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(docs_page(openapi_of(app)))

    # The client answers what no route knows, so that a wrong method on a known path still is told so.
    app.router.default = client
    install_error_handlers(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(EveryAnswer, meters=meters, https=chosen.is_https)
    app.add_middleware(Sockets, meters=meters)
    return app
