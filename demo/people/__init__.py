"""The people of the day who work through HTTP: agents at the desk, adjudicators, customers who read their mail."""
