"""The outside: HTTP, websockets, people, tools, settings, command line; composes the whole house in one lifespan."""
