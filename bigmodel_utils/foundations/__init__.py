"""The textbook's worked examples, run as written where they run and put right where they do not."""
