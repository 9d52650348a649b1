"""`INSTALLED_APPS += ["migration_guard.integrations.django"]` adds the command `manage.py migration_guard`."""
