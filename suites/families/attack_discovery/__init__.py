"""Attack discovery: schedules, what a model was asked, and what it found."""
