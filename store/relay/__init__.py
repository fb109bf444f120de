"""How nodes tell each other things: named streams of small messages, in process or through Redis Streams."""
