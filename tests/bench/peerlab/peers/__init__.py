"""One file for each tunnel: how it is set up, started, connected and stopped."""
