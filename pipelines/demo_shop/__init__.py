"""The embedded demo shop: a simulated Dutch web shop that writes raw exports, and apart from them its truth.

"Lampion & Linnen" does not exist; nothing here is real. A person is advanced week by week (`week`), the phase each
Monday is a function of the evidence they left (`evidence`), and what happens depends on phase, latents, season and
the actions taken (`hazards`, `effects`, `policy`). The exports (`exports`) are what a real shop would have; only
benchmarks may read the truth (`truth`).
"""
