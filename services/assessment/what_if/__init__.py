"""What other rules would give 假设推算: asked, reckoned, and how two texts differ."""
