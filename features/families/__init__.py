"""One feature family per file: a function History -> named columns. A new file is a new family."""
