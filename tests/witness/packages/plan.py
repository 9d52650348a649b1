"""Which packages."""

from __future__ import annotations

DJANGO = {
    "django-allauth": ["allauth", "allauth.account", "allauth.socialaccount", "allauth.mfa", "allauth.usersessions"],
    "django-axes": ["axes"],
    "django-constance": ["constance"],
    "django-filer": ["easy_thumbnails", "filer"],
    "django-oauth-toolkit": ["oauth2_provider"],
    "django-post-office": ["post_office"],
    "django-watson": ["watson"],
    "django-newsletter": ["sorl.thumbnail", "newsletter"],
    "django-celery-beat": ["django_celery_beat"],
    "django-rest-knox": ["rest_framework", "knox"],
    "django-waffle": ["waffle"],
    "djangorestframework-api-key": ["rest_framework", "rest_framework_api_key"],
    "social-auth-app-django": ["social_django"],
    "wagtail": [
        *("taggit", "modelcluster", "wagtail", "wagtail.images", "wagtail.documents", "wagtail.users", "wagtail.admin"),
        *("wagtail.contrib.forms", "wagtail.contrib.redirects", "wagtail.embeds", "wagtail.search"),
    ],
}
"""The apps of each."""
NEEDS = {"django-newsletter": ["sorl-thumbnail"]}
"""What a package needs and does not ask for."""
INSTALLED = frozenset({"dagster", "mlflow-skinny", "zenml", "rucio", "nbgrader", "ironic"})
"""Packages of Alembic's whose revisions make classes of what they import, and so need more than stand-ins: each has an environment."""
ALEMBIC = {
    "dagster": "dagster/_core/storage/alembic",
    "optuna": "optuna/storages/_rdb/alembic",
    "mlflow-skinny": "mlflow/store/db_migrations",
    "zenml": "zenml/zen_stores/migrations",
    "arize-phoenix": "phoenix/db/migrations",
    "open-webui": "open_webui/migrations",
    "langflow-base": "langflow/alembic",
    "rucio": "rucio/db/sqla/migrate_repo",
    "jupyterhub": "jupyterhub/alembic",
    "nbgrader": "nbgrader/alembic",
    "manila": "manila/db/migrations/alembic",
    "ironic": "ironic/db/sqlalchemy/alembic",
}
"""Where each keeps its revisions."""
LEAST = 12
"""As many packages must have run to their comparison, whatever keeps others from it."""
