"""What a section is made of: types of settings, their units and rules, and how a problem is reported."""
