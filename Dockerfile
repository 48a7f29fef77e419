# Two images from one file: `--target operator` (controller and gateway) and `--target runtime`
# (what a service's own image is built on). BASE is any image with Python 3.11 or newer and pip.
ARG BASE=python:3.12-slim

FROM ${BASE} AS wheel
RUN pip install --no-cache-dir --root-user-action=ignore "hatchling>=1.27"
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY client client
COPY runtime runtime
COPY operator operator
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels .

FROM ${BASE} AS runtime
COPY requirements-runtime.lock /tmp/requirements.lock
RUN pip install --no-cache-dir --root-user-action=ignore --require-hashes -r /tmp/requirements.lock
COPY --from=wheel /wheels /tmp/wheels
RUN pip install --no-cache-dir --root-user-action=ignore --no-deps /tmp/wheels/*.whl
ENV PYTHONUNBUFFERED=1
WORKDIR /app
USER 10001:10001
CMD ["python", "-m", "taskyard_runtime"]

FROM ${BASE} AS operator
COPY requirements-operator.lock /tmp/requirements.lock
RUN pip install --no-cache-dir --root-user-action=ignore --require-hashes -r /tmp/requirements.lock
COPY --from=wheel /wheels /tmp/wheels
RUN pip install --no-cache-dir --root-user-action=ignore --no-deps /tmp/wheels/*.whl
ENV PYTHONUNBUFFERED=1
WORKDIR /app
USER 10001:10001
ENTRYPOINT ["python", "-m", "taskyard_operator"]
