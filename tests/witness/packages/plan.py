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
    "wagtail": [
        *("taggit", "modelcluster", "wagtail", "wagtail.images", "wagtail.documents", "wagtail.users", "wagtail.admin"),
        *("wagtail.contrib.forms", "wagtail.contrib.redirects", "wagtail.embeds", "wagtail.search"),
    ],
}
"""The apps of each."""
ALEMBIC = {
    "dagster": "dagster/_core/storage/alembic",
    "optuna": "optuna/storages/_rdb/alembic",
    "mlflow": "mlflow/store/db_migrations",
    "zenml": "zenml/zen_stores/migrations",
    "arize-phoenix": "phoenix/db/migrations",
    "open-webui": "open_webui/migrations",
    "langflow-base": "langflow/alembic",
    "rucio": "rucio/db/sqla/migrate_repo",
}
"""Where each keeps its revisions."""
