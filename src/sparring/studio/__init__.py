"""The web studio: one page in each file, over the same services that everything else uses."""
