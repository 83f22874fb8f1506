"""Input by chance: valid scenarios, whose runs must keep their books, and all else, which must be refused."""
