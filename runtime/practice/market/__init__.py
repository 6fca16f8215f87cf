"""The simulated market: asset table, quotes, history and streams."""
