"""Worlds: geometry and materials built once per seed and parameters, the same for every camera, hour and weather."""
