"""What REST takes and gives: typed models from which the OpenAPI file, and the client's types, are made.

Times are unix seconds.
"""
