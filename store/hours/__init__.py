"""What is counted by hour beside the rows, and which hours have changed since."""
