"""The farm and its engines: a RenderSpec goes in, pictures come out.

This package's root imports no torch, so that the web server can speak of specs, scenes and jobs; only
`render.engines` and what it stands on load torch, inside render processes. Promises are numbered in SPEC.md.
"""
