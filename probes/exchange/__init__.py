"""What several probes need to talk to a server: names, streams, TLS, HTTP/1.1, and what traffic costs. No probes."""
