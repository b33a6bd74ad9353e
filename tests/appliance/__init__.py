"""The appliance as a whole machine: the image of `make image`, in QEMU. Not part of `make test` (docs/appliance.md)."""
