"""Pages for people: one file each, which loads nothing from elsewhere. What stands on them is another's affair."""
