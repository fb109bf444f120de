# A render worker. compose.gpu.yaml adds the diffusion packages through EXTRAS.
# Build from the repository's root: docker build -f docker/worker.Dockerfile -t cyclorama-worker .

FROM python:3.11-slim-bookworm
WORKDIR /srv/cyclorama
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 OMP_NUM_THREADS=1
ARG EXTRAS=""
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY store store
COPY render render
COPY collab collab
COPY api api
RUN pip install --no-cache-dir -c constraints.txt -e ".${EXTRAS}" \
 && useradd --create-home --uid 1000 cyclorama && mkdir /data && chown cyclorama /data
USER cyclorama
ENV CYCLORAMA_DATA=/data
VOLUME /data
STOPSIGNAL SIGTERM
CMD ["cyclorama", "worker"]
