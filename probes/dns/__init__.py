"""DNS probe: what one resolver answers, asked directly over UDP and TCP."""

from probes.dns.plain import DnsParams, DnsProbe

__all__ = ["DnsParams", "DnsProbe"]
