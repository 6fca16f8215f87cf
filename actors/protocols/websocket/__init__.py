"""The client's side of RFC 6455 after the upgrade, with bulk reading of frames."""
