"""The portal, as the kiosk speaks with it: the contract (`openapi.yaml`), what goes over it, and the client."""
