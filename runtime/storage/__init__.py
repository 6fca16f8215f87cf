"""What survives the process: the journal of orders, and the lock of a file that has one owner."""
