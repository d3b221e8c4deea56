"""From hits to sentences."""
