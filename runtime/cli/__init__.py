"""What the commands show and how they end: outputs, the live table, the doctor, exit codes."""
