"""What is said over the wire: bytes in, facts out; wishes in, bytes out. No I/O and no clock."""
