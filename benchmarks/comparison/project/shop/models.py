"""The model that the migrations are about."""

from django.db import models


class Lead(models.Model):
    """Somebody who may buy."""

    name = models.TextField()
    status = models.TextField(null=True)
    note = models.TextField(null=True)
