# Driftline in a container: the locked packages, no compiler, no root.
#   docker build --tag driftline .
#   docker run --volume driftline:/srv/driftline/store driftline run --as-of 2013-07-01T00:00:00Z
# Mount a configuration at /srv/driftline/driftline.yaml.
ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/driftline
WORKDIR /src
# First what seldom changes, so that a change of code does not fetch it again.
COPY requirements.lock ./
RUN /opt/driftline/bin/pip install --no-deps --require-hashes --only-binary :all: \
        --requirement requirements.lock
COPY . .
RUN /opt/driftline/bin/pip install --no-deps --no-build-isolation . \
    && /opt/driftline/bin/pip check \
    && /opt/driftline/bin/pip uninstall --yes setuptools pip

FROM python:${PYTHON_VERSION}-slim
RUN groupadd --system --gid 10001 driftline \
    && useradd --system --uid 10001 --gid driftline --home-dir /srv/driftline driftline \
    && install --directory --owner driftline --group driftline /srv/driftline /srv/driftline/store
COPY --from=build /opt/driftline /opt/driftline
# DO_NOT_TRACK: evidently would report its use otherwise.
ENV PATH=/opt/driftline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DO_NOT_TRACK=1 \
    DRIFTLINE_STORE=/srv/driftline/store
WORKDIR /srv/driftline
USER 10001:10001
VOLUME /srv/driftline/store
HEALTHCHECK --interval=60s --timeout=20s --start-period=30s --retries=3 \
    CMD ["driftline", "doctor"]
ENTRYPOINT ["driftline"]
# What a scheduler calls: run the monitors that are due, then stop.
CMD ["due"]
