"""What a model is worth: samples, figures with floors and intervals, and a report."""
