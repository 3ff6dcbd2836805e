"""Cost, value and their uncertainty: pure functions of numbers, scenarios and facts."""
