"""The task as the users of other tools would write it; one peer per file, each its own process."""
