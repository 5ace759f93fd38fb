"""The season generator: what it draws, and what comes of it when it is played. All of it is invented."""
