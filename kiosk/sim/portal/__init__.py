"""The sandbox portal: the other side of `kiosk/portal/openapi.yaml`, as a real HTTPS service on loopback.

It believes nothing: it checks signature, chain, validity, revocation, attributes and the driver's record as the
contract says, and shares with the kiosk's code only the types of the wire and the form of the statement. It reads the
certificate by code of its own, so that a mistake in the kiosk's reading does not confirm itself.
"""
