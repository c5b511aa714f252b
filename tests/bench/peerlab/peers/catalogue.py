"""Everything that can be measured, in the order of the report."""
from .bare_tls import BareTls, BareTlsByWolfSsl
from .no_tunnel import NoTunnel
from .ocserv import OcservDtls, OcservTls
from .openvpn import OpenVpnTcp, OpenVpnUdp
from .sallyport import Sallyport
from .tinc import Tinc
from .wireguard_go import NewerWireguardGo, WireguardGo

KINDS = (NoTunnel, BareTls, BareTlsByWolfSsl, Sallyport, OpenVpnUdp, OpenVpnTcp, OcservTls, OcservDtls, WireguardGo, NewerWireguardGo, Tinc)
NAMES = [kind.name for kind in KINDS]
TITLES = {kind.name: kind.title for kind in KINDS}


def chosen(names):
    return [kind for kind in KINDS if names is None or kind.name in names]
