"""Materials of built worlds: what a surface point is made of, computed in metres from its place and its primitive."""
