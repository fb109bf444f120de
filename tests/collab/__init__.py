"""Living documents, room by room."""
