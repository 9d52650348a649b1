"""What migrations do to rows."""


def strip_names(leads):
    """Save each lead again, its name without spaces around it."""
    for lead in leads.iterator():
        lead.name = lead.name.strip()
        lead.save(update_fields=["name"])
