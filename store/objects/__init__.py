"""Objects: bytes under their own sha256, in a folder or a bucket. Written once, never changed."""
