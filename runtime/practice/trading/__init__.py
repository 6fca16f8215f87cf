"""The exchange's account: orders, deals, pending orders, and what it pushes about them."""
