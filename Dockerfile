# The linter, with git for --diff and baselines of branches.
#
#     docker build --tag migration-guard .
#     docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/repository" migration-guard
#
# Git trusts a repository only to whom it belongs, so the container runs as who owns it.
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY docs/rules ./docs/rules
COPY migration_guard ./migration_guard
RUN python -m pip wheel --no-cache-dir --wheel-dir /wheels '.[backfill]'

FROM python:3.13-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home guard
COPY --from=build /wheels /wheels
RUN python -m pip install --no-cache-dir --no-index /wheels/*.whl && rm -rf /wheels
USER guard
WORKDIR /repository
ENTRYPOINT ["migration-guard"]
CMD ["check"]
