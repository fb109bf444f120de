"""From an edit in a document to the picture in it: schema, planning, triggers, attach."""
