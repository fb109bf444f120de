"""The routes of REST, one file per noun."""
