"""Room of the applications: models at work, each on real data with a business metric."""
