"""Sallyport beside other tunnels: what tests/bench/peers and tests/bench/link are made of."""
