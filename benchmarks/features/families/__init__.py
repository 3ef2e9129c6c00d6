"""The families of task F, written as a user writes a family: the project's side of the benchmark."""
