"""As little as Django asks for."""

INSTALLED_APPS = ["shop", "django_migration_linter"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
