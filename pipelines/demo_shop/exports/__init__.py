"""Raw exports of the demo shop: one file per system that a shop would have, each in that system's own format."""
