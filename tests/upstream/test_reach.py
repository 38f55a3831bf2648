"""How far addresses lead."""

import pytest

from pypi_web.upstream.reach import Reach, reach_of

PUBLIC = [
    "93.184.215.14",
    "100.63.255.255",
    "100.128.0.1",
    "172.32.0.1",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "::ffff:93.184.215.14",
    "64:ff9b::5db8:d70e",
    "2002:5db8:d70e::1",
]
PRIVATE = [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "240.0.0.1",
    "fd12::1",
    "fec0::1",
    "2001:db8::1",
    "64:ff9b:1::a00:1",
    "::ffff:192.168.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
]
LOOPBACK = ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]
LINK_LOCAL = ["169.254.169.254", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254"]
NOWHERE = [
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "239.255.255.255",
    "255.255.255.255",
    "::",
    "::7f00:1",
    "::ffff:0.0.0.0",
    "ff02::1",
    "2001:0:1::1",
    "100::1",
    "4000::1",
]


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        *((each, Reach.PUBLIC) for each in PUBLIC),
        *((each, Reach.PRIVATE) for each in PRIVATE),
        *((each, Reach.LOOPBACK) for each in LOOPBACK),
        *((each, Reach.LINK_LOCAL) for each in LINK_LOCAL),
        *((each, Reach.NOWHERE) for each in NOWHERE),
    ],
)
def test_an_address_leads_as_far_as_the_registries_say(address: str, reach: Reach):
    assert reach_of(address) is reach
